/**
 * When a schedule recurs: a cron expression (cron.ts) on the wall clock of a zone (zone-stretches.ts), through the changes
 * of that clock.
 *
 * - When the clock goes forward, local times are left out. A slot at such a time fires at the first instant after it, and
 *   several fire once. An expression for every hour makes nothing up, because each hour that exists has its own slot.
 * - When the clock goes back, local times come twice. A slot fires once, at the first pass. An expression that runs evenly
 *   through the hour or the day (what `*` or a step gives) follows the clock, and fires at both passes.
 *
 * Both are decided by the values: `30 0-23 * * *` is `30 * * * *`.
 */
import { type Cron, cronOf } from './cron/cron.ts';
import { withinSteps } from './steps.ts';
import { wallSlotFrom, wallSlotUntil } from './wall-slots.ts';
import { type Stretch, stretchAt } from './zone-stretches.ts';

/** The longest look is through the eight years between two 29 February, in a zone that changes its clock four times a year. */
const budget = 10_000;

/** The first slot strictly after `after`, or `undefined` when the expression never fires again (30 February). */
export function nextSlot(expression: string, timeZone: string, after: string): string | undefined {
  const slot = withinSteps(budget, () => slotFrom(cronOf(expression), timeZone, Date.parse(after) + 1));
  return slot === undefined ? undefined : new Date(slot).toISOString();
}

/** The last slot strictly before `before`, or `undefined` when there is none. */
export function previousSlot(expression: string, timeZone: string, before: string): string | undefined {
  const slot = withinSteps(budget, () => slotUntil(cronOf(expression), timeZone, Date.parse(before) - 1));
  return slot === undefined ? undefined : new Date(slot).toISOString();
}

function slotFrom(cron: Cron, timeZone: string, from: number): number | undefined {
  let known: { readonly from: number; readonly slot: number } | undefined;
  const wallSlot = (wall: number): number | undefined => {
    if (known !== undefined && wall >= known.from && wall <= known.slot) return known.slot;
    const slot = wallSlotFrom(cron, wall);
    known = slot === undefined ? undefined : { from: wall, slot };
    return slot;
  };
  for (let at = from; ; ) {
    const stretch = stretchAt(timeZone, at);
    if (stretch.from >= from && makesUp(cron, stretch)) return stretch.from;
    const slot = wallSlot(Math.max(at, ownFrom(cron, stretch)) + stretch.offset);
    if (slot === undefined) return undefined;
    if (slot < stretch.to + stretch.offset) return slot - stretch.offset;
    at = stretch.to;
  }
}

function slotUntil(cron: Cron, timeZone: string, until: number): number | undefined {
  for (let at = until; ; ) {
    const stretch = stretchAt(timeZone, at);
    const slot = wallSlotUntil(cron, at + stretch.offset);
    if (slot === undefined) return undefined;
    if (slot - stretch.offset >= ownFrom(cron, stretch)) return slot - stretch.offset;
    if (makesUp(cron, stretch)) return stretch.from;
    at = stretch.from - 1;
  }
}

/** Whether the clock leaves out a slot when this stretch begins, which fires there. */
export function makesUp(cron: Cron, stretch: Stretch): boolean {
  return leftOut(cron, stretch) !== undefined && !isEveryHour(cron);
}

/** The first slot, as a wall time, that the clock leaves out when this stretch begins. */
export function leftOut(cron: Cron, { from, before, offset }: Stretch): number | undefined {
  if (before === undefined || before >= offset) return undefined;
  const slot = wallSlotFrom(cron, from + before);
  return slot !== undefined && slot < from + offset ? slot : undefined;
}

/** From when on the stretch has slots of its own: those of a second pass belong to the first, unless they follow the clock. */
export function ownFrom(cron: Cron, { from, before, offset }: Stretch): number {
  return before !== undefined && before > offset && !followsClock(cron) ? from + before - offset : from;
}

function isEveryHour({ hours }: Cron): boolean {
  return hours.length === 24;
}

function followsClock({ minutes, hours }: Cron): boolean {
  return isEven(minutes, 60) || isEven(hours, 24);
}

/** At even distances, from the beginning to the end: what a star or a step gives. */
function isEven(values: readonly number[], count: number): boolean {
  const [first = 0, second = first] = values;
  const distance = second - first;
  const last = values.at(-1) ?? first;
  return first < distance && last + distance >= count && values.every((value, n) => value === first + n * distance);
}

/** `nextSlot` with a memory: schedules share expressions, and one tick asks for thousands at the same instant. */
export function memoizedNextSlot(): typeof nextSlot {
  const known = new Map<string, string | undefined>();
  return (expression, timeZone, after) => {
    const key = `${expression}|${timeZone}|${after}`;
    if (!known.has(key)) known.set(key, nextSlot(expression, timeZone, after));
    return known.get(key);
  };
}
