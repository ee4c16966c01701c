/**
 * How long a delivery waits before it is tried again: 20 s at most, as a watch does. So the record and the cluster
 * agree within half a minute of the end of a fault.
 */

const firstDelaySeconds = 1;
export const maxDelaySeconds = 20;

/** Exponential back-off from 1 s to 20 s with full jitter over its upper half; `chance` is in [0, 1). */
export function backOffSeconds(attempts: number, chance: number): number {
  const ceiling = Math.min(maxDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts, 10));
  return ceiling * (0.5 + chance / 2);
}
