/**
 * Tells transient failures from defects. A failure is transient when the database cannot be reached, is starting, has no
 * free connection, or ended this transaction: the answer is a 503, which is worth repeating. A defect is a 500.
 */
const transientCodes: ReadonlySet<string> = new Set([
  // Prisma: unreachable, timed out, closed, no connection free, too many connections, write conflict, transaction expired
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037'],
  // the network
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
  // PostgreSQL: read-only standby, transaction ended by another or by a time-out, lock not free
  ...['25006', '25P03', '40001', '40P01', '55P03', '57014'],
]);
/** Connection exceptions, insufficient resources, operator intervention (shutdown, crash, starting). */
const transientClasses = /^(08|53)[0-9A-Z]{3}$|^57P0\d$/;
/** Messages of `pg` that come without a code. */
const transientMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
const maxDepth = 5;

export function isTransient(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return false;
  const { code, originalCode, severity, message, cause, errors, meta, driverAdapterError } = fieldsOf(error);
  if (
    [code, originalCode].some(
      (each) => typeof each === 'string' && (transientCodes.has(each) || transientClasses.test(each)),
    )
  )
    return true;
  // FATAL: PostgreSQL ended the connection or refused to open it.
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  if (typeof message === 'string' && transientMessages.test(message)) return true;
  const inner = [cause, meta, driverAdapterError, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((each) => isTransient(each, depth + 1));
}

function fieldsOf(error: object): Record<string, unknown> {
  // Spread takes own enumerable keys; these are own but not enumerable.
  const { message, cause, errors } = error as { message?: unknown; cause?: unknown; errors?: unknown };
  return { ...error, message, cause, errors };
}
