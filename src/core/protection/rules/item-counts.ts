/**
 * A copy that is much smaller than those before it is probably not what its owner wants: the last good one against the
 * median of up to five before it, of the same schedule. Fewer than three say nothing yet.
 */

const leastCount = 3;
const comparedCount = 5;

/** `[newest, …]`. The message names both numbers; `undefined` when nothing is wrong. */
export function tooFewItems(counts: readonly number[]): string | undefined {
  const [last, ...all] = counts;
  const before = all.slice(0, comparedCount);
  if (last === undefined || before.length < leastCount) return undefined;
  const usual = median(before);
  if (last >= usual / 2) return undefined;
  return `The last good copy has ${last} items, under half of ${usual}, the median of the ${before.length} before it.`;
}

function median(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below = 0, at = 0] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? at : (below + at) / 2;
}
