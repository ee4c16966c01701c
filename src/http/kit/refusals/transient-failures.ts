/**
 * Tells transient failures from defects. A failure is transient when the database cannot be reached, is starting, has no
 * free connection, or ended this transaction: the answer is a 503, which is worth repeating. A defect is a 500.
 */
const transientCodes: ReadonlySet<string> = new Set([
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
/** PostgreSQL: read-only, disk full, input or output of the disk failed. */
const writeFailures: ReadonlySet<string> = new Set(['25006', '53100', '58030']);

export function isTransient(error: unknown): boolean {
  return hasCause(error, ({ severity, message, ...codes }) => {
    if (codesIn(codes).some((code) => transientCodes.has(code) || transientClasses.test(code))) return true;
    // FATAL: PostgreSQL ended the connection or refused to open it.
    if (severity === 'FATAL' || severity === 'PANIC') return true;
    return typeof message === 'string' && transientMessages.test(message);
  });
}

/** Whether the database takes no writes, of anybody. Reads may go on. */
export function failsEveryWrite(error: unknown): boolean {
  return hasCause(error, (fields) => codesIn(fields).some((code) => writeFailures.has(code)));
}

/** Whether the error, or one within it, is such a one. */
function hasCause(error: unknown, test: (fields: Record<string, unknown>) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return false;
  const fields = fieldsOf(error);
  if (test(fields)) return true;
  const { cause, errors } = fields;
  const inner = [cause, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((each) => hasCause(each, test, depth + 1));
}

function codesIn({ code }: Record<string, unknown>): readonly string[] {
  return typeof code === 'string' ? [code] : [];
}

function fieldsOf(error: object): Record<string, unknown> {
  // Spread takes own enumerable keys; these are own but not enumerable.
  const { message, cause, errors } = error as { message?: unknown; cause?: unknown; errors?: unknown };
  return { ...error, message, cause, errors };
}
