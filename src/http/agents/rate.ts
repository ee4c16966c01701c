/**
 * How many requests a cluster's agent may make: a bucket a cluster, in memory, so each replica allows as many. An agent
 * posts a batch a second; after an outage it posts all that it has kept at once.
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

/** Takes one for the key; answers with the seconds to wait when there is none. `now` in milliseconds. */
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
