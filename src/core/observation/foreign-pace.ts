/**
 * How fast one watch may bring what nobody asked for here: Operations of others, applications, resources of Velero. A
 * burst passes, which is what a cluster has when it is registered; what goes on beyond it is slowed down to a rate that
 * leaves the event loop to others. The watch waits meanwhile, so nothing is lost, and our own Operations cost nothing.
 */

const burst = 5_000;
const perSecond = 250;
/** However large a batch was, its watch goes on after so long. */
const maxWaitSeconds = 10;

/** Resolves when the watch may go on after it has brought `count` of them. */
export type ForeignPace = (count: number) => Promise<void>;

export function foreignPace(
  now: () => number = () => performance.now(),
  wait: (milliseconds: number) => Promise<unknown> = (milliseconds) =>
    new Promise((resolve) => setTimeout(resolve, milliseconds)),
): ForeignPace {
  let left = burst;
  let at = now();
  return async (count) => {
    if (count === 0) return;
    const next = now();
    left = Math.min(burst, left + ((next - at) / 1000) * perSecond) - count;
    at = next;
    if (left < 0) await wait(Math.min(-left / perSecond, maxWaitSeconds) * 1000);
  };
}
