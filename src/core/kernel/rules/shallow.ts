/**
 * Whether JSON of a cluster's is nested no deeper than anybody means it. A resource may be nested thousands of levels
 * deep; reading, comparing or storing that would end the process' stack, and with it the watch.
 */
const maxDepth = 24;

export function isShallow(value: unknown, depth = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}
