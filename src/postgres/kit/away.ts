/** Tells a database that is away, and may come, from one that will never let us in as we are. */
import { codeOf } from './refusals.ts';

/** The network and names of hosts; PostgreSQL that starts, stops, recovers, or has no connection free. */
const away =
  /^(ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|08\w{3}|53\w{3}|57\w{3})$/;
const messages = /^(Connection terminated|timeout exceeded when trying to connect|timeout expired)/;

export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway);
  if (!(error instanceof Error)) return false;
  return away.test(codeOf(error) ?? '') || messages.test(error.message) || isAway(error.cause);
}
