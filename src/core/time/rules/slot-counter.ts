/**
 * Counts the slots up to any moment, over decades: those that passed while the service was away, and those of a
 * forecast. It counts the days that match, month by month, in each stretch of the zone's clock. So ten years of minutes
 * cost as little as ten years of days, and no slot is computed. A test compares its numbers to `nextSlot`.
 */
import { cronOf } from './cron/cron.ts';
import { makesUp, ownFrom } from './recurrence.ts';
import { withinSteps } from './steps.ts';
import { wallSlotCounter, wallSlotFrom } from './wall-slots.ts';
import { type Stretch, stretchAt } from './zone-stretches.ts';

/** How many slots lie between the counter's `from` and `at`, both included. In milliseconds. */
export type SlotCounter = (at: number) => number;

const dayMs = 86_400_000;
/** Of a century, in a zone that changes its clock four times a year. */
const budget = 50_000;

interface Counted {
  readonly start: number;
  /** The slots before `start`. */
  readonly before: number;
  readonly count: SlotCounter;
}

/** Counts from `from` on, and not beyond `to`. */
export function slotCounter(
  { schedule, timeZone }: { readonly schedule: string; readonly timeZone: string },
  from: number,
  to: number,
): SlotCounter {
  const stretches = withinSteps(budget, () => countedStretches(schedule, timeZone, from, to));
  return (at) => {
    if (at < from) return 0;
    let low = 0;
    for (let high = stretches.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if ((stretches[middle]?.start ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    const stretch = stretches[low];
    return stretch === undefined ? 0 : stretch.before + stretch.count(at);
  };
}

function countedStretches(schedule: string, timeZone: string, from: number, to: number): readonly Counted[] {
  const cron = cronOf(schedule);
  const onWall = wallSlotCounter(cron, from - 2 * dayMs, to + 2 * dayMs);
  const counted: Counted[] = [];
  let before = 0;
  for (let start = from; start <= to; ) {
    const stretch = stretchAt(timeZone, start);
    const count = countWithin(stretch, start);
    counted.push({ start, before, count });
    before += count(stretch.to - 1);
    start = stretch.to;
  }
  return counted;

  /** Of one stretch, from `start` on. */
  function countWithin(stretch: Stretch, start: number): SlotCounter {
    const begin = Math.max(start, ownFrom(cron, stretch));
    const earlier = onWall(begin + stretch.offset);
    // A slot that is made up for may fall on one that the stretch has anyway.
    const atStart = stretch.from + stretch.offset;
    const madeUp = stretch.from >= start && makesUp(cron, stretch) && wallSlotFrom(cron, atStart) !== atStart ? 1 : 0;
    return (at) => madeUp + (at < begin ? 0 : onWall(at + 1 + stretch.offset) - earlier);
  }
}
