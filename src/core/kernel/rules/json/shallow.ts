/**
 * Whether a JSON value from a cluster is nested no deeper than any real resource. A hostile resource may be nested
 * thousands of levels deep. To read, compare or store it would exhaust the stack of the process, and end the watch.
 */
const maxDepth = 24;

export function isShallow(value: unknown, depth = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
