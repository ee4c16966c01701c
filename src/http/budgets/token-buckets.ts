/**
 * Token buckets, one for each key: `perSecond` units come back each second, up to `burst`. They are in memory, so each
 * replica allows the whole rate, and neither PostgreSQL nor Redis is needed to refuse. They go by monotonic time.
 */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Taken {
  /** 0: the units were taken. Otherwise the seconds to wait, and nothing was taken. */
  readonly waitSeconds: number;
  /** The units that are left. */
  readonly left: number;
}

export interface TokenBuckets {
  /** `now` is in milliseconds. A cost above the burst empties a full bucket. */
  take(key: string, now: number, cost?: number): Taken;
  /** The units in the bucket, without taking any. */
  left(key: string, now: number): number;
}

interface Bucket {
  readonly left: number;
  /** Milliseconds. */
  readonly at: number;
}

/** More than this and the bucket that was used longest ago is forgotten, as if it were full. */
const maxBucketCount = 10_000;

export function tokenBuckets({ perSecond, burst }: Rate): TokenBuckets {
  const known = new Map<string, Bucket>();
  const leftIn = (bucket: Bucket | undefined, now: number) =>
    bucket === undefined ? burst : Math.min(burst, bucket.left + (Math.max(0, now - bucket.at) / 1000) * perSecond);

  return {
    take(key, now, cost = 1) {
      const left = leftIn(known.get(key), now);
      const wanted = Math.min(cost, burst);
      if (left < wanted) return { waitSeconds: Math.ceil((wanted - left) / perSecond), left };
      // A Map keeps the order of insertion: the bucket that was used last moves to the end.
      known.delete(key);
      known.set(key, { left: left - wanted, at: now });
      for (const oldest of known.keys()) {
        if (known.size <= maxBucketCount) break;
        known.delete(oldest);
      }
      return { waitSeconds: 0, left: left - wanted };
    },
    left: (key, now) => leftIn(known.get(key), now),
  };
}
