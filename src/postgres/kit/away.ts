/** Tells a database that is away, and may come, from one that will never let us in as we are. */
import { codeOf } from './refusals.ts';

/** The network and names of hosts; PostgreSQL that starts, stops, recovers, or has no connection free. */
const away =
  /^(ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|08\w{3}|53\w{3}|57\w{3})$/;
/** Of `pg` and its pool, without a code. */
const words =
  /^(Connection terminated( unexpectedly| due to connection timeout)?|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (was closed|has encountered a connection error) and is not queryable|Cannot use a pool after calling end on the pool)$/;

/**
 * Whether the words of an error without a code are those for a connection that was lost. They are matched as a whole, and
 * never for the errors of the language, so that a defect whose message speaks of a connection is not taken for one.
 */
export function saysConnectionLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'Error' && words.test(error.message);
}

export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway);
  if (!(error instanceof Error)) return false;
  return away.test(codeOf(error) ?? '') || saysConnectionLost(error) || isAway(error.cause);
}
