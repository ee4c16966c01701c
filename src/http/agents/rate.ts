/**
 * Limits how often a cluster's agent may post, by a token bucket for each cluster. An agent posts a batch a second;
 * after an outage it posts at once all that it has kept. Buckets are in memory, so each replica allows the whole rate.
 */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  left: number;
  /** Milliseconds. */
  at: number;
}

const sweepAt = 10_000;

/**
 * Takes a request out of the bucket of `key`. Returns 0, or the seconds to wait when it is empty. `now` is in
 * milliseconds.
 */
export function buckets({ perSecond, burst }: Rate): (key: string, now: number) => number {
  const known = new Map<string, Bucket>();
  const leftAt = ({ left, at }: Bucket, now: number) =>
    Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond);

  return (key, now) => {
    if (known.size > sweepAt) for (const [each, bucket] of known) if (leftAt(bucket, now) >= burst) known.delete(each);
    const bucket = known.get(key) ?? { left: burst, at: now };
    const left = leftAt(bucket, now);
    if (left < 1) return Math.ceil((1 - left) / perSecond);
    known.set(key, { left: left - 1, at: now });
    return 0;
  };
}
