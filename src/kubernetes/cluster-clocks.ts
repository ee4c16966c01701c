/**
 * The clocks of the clusters, from the Date header of their answers. All clusters together are one witness: a tenant who
 * registers many clusters must not outvote the clocks of the service. They count only while most of them agree.
 */
import type { Headers } from './http/headers.ts';

const keptMs = 600_000;
const agreeMs = 10_000;
/** A Date header is cut to the second. */
const cutMs = 500;

export interface ClusterClocks {
  answered(server: string, headers: Headers): void;
  /** How far they are ahead of `performance.now()`; `undefined` while nobody knows. */
  offsetMs(): number | undefined;
}

export function clusterClocks(monotonic: () => number = () => performance.now()): ClusterClocks {
  const read = new Map<string, { readonly offset: number; readonly at: number }>();
  return {
    answered(server, { date }) {
      const shown = typeof date === 'string' ? Date.parse(date) : Number.NaN;
      const at = monotonic();
      if (!Number.isNaN(shown)) read.set(server, { offset: shown + cutMs - at, at });
    },
    offsetMs() {
      const since = monotonic() - keptMs;
      for (const [server, { at }] of read) if (at < since) read.delete(server);
      const offsets = [...read.values()].map(({ offset }) => offset).toSorted((a, b) => a - b);
      const middle = offsets[Math.floor((offsets.length - 1) / 2)];
      if (middle === undefined) return undefined;
      const agreeing = offsets.filter((offset) => Math.abs(offset - middle) <= agreeMs);
      return agreeing.length * 2 > offsets.length ? middle : undefined;
    },
  };
}
