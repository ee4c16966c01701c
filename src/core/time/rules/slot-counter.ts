/**
 * Counts the slots up to any moment, over decades: those that passed while the service was away, and those of a
 * forecast. It counts matching days by sets (`cronMatch`), so ten years of minutes cost as little as one day. Only the
 * hours after a change of the clocks are counted slot by slot with `nextSlot`. A test compares its numbers to
 * `nextSlot`.
 */
import { type CronMatch, cronMatch } from './cron-match.ts';
import { offsetMinutes } from './local-time.ts';
import { nextSlot } from './recurrence.ts';

/** How many slots lie between the counter's `from` and `at`, both included. In milliseconds. */
export type SlotCounter = (at: number) => number;

interface ClockChange {
  readonly at: number;
  /** How far the wall clock is ahead of UTC before and after, in milliseconds. */
  readonly before: number;
  readonly after: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const iso = (at: number) => new Date(at).toISOString();

/** Counts from `from` on, and not beyond `to`. `changesOf` may have a memory, because schedules share zones. */
export function slotCounter(
  { schedule, timeZone }: { readonly schedule: string; readonly timeZone: string },
  from: number,
  to: number,
  changesOf: typeof clockChanges = clockChanges,
): SlotCounter {
  const match = cronMatch(schedule);
  if (match === undefined) return (at) => enumerated(schedule, timeZone, from, at);
  const onWall = wallCounter(match, from - 2 * dayMs, to + 2 * dayMs);
  const changes = changesOf(timeZone, from, to);
  const atChange = afterChange(schedule, timeZone, match);

  // Stretches with one offset and the hours after changes alternate. `counted` slots lie before `start`.
  const stretches: { readonly start: number; readonly counted: number; count(at: number): number }[] = [];
  let start = from;
  let counted = 0;
  let offset = changes[0]?.before ?? offsetMinutes(from, timeZone) * minuteMs;
  const add = (count: (at: number) => number, end: number) => {
    stretches.push({ start, counted, count });
    counted += count(end - 1);
    start = end;
  };
  for (const change of changes) {
    if (change.at > start) add(steady(onWall, start, offset), change.at);
    const end = change.at + Math.abs(change.after - change.before) + hourMs;
    const first = start;
    if (end > start) add((at) => atChange(change, first, at, at === end - 1), end);
    offset = change.after;
  }
  stretches.push({ start, counted, count: steady(onWall, start, offset) });

  return (at) => {
    let low = 0;
    for (let high = stretches.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if ((stretches[middle]?.start ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    const stretch = stretches[low];
    return stretch === undefined || at < from ? 0 : stretch.counted + stretch.count(at);
  };
}

/** Counts slot by slot, both bounds included. */
function enumerated(schedule: string, timeZone: string, from: number, until: number): number {
  let count = 0;
  let slot = nextSlot(schedule, timeZone, iso(from - 1));
  while (slot !== undefined && Date.parse(slot) <= until) {
    count += 1;
    slot = nextSlot(schedule, timeZone, slot);
  }
  return count;
}

/** Counts from `start` on, while the offset does not change. */
function steady(onWall: SlotCounter, start: number, offset: number): SlotCounter {
  const before = onWall(start - 1 + offset);
  return (at) => onWall(at + offset) - before;
}

/** Counts by wall time, as if the clock were never changed. */
function wallCounter(match: CronMatch, from: number, to: number): SlotCounter {
  const firstDay = Math.floor(from / dayMs);
  const perDay = match.slotsUntilMinute(1439);
  const daysBefore: number[] = [0];
  for (let day = firstDay, count = 0; day <= Math.floor(to / dayMs); day += 1) {
    if (match.matchesDay(day)) count += 1;
    daysBefore.push(count);
  }
  return (at) => {
    const day = Math.floor(at / dayMs);
    const before = daysBefore[day - firstDay] ?? 0;
    const today = (daysBefore[day - firstDay + 1] ?? before) > before;
    return before * perDay + (today ? match.slotsUntilMinute(Math.floor((at - day * dayMs) / minuteMs)) : 0);
  };
}

/**
 * Counts the slots in the time after a change, slot by slot. A count of the whole time is remembered by what decides
 * it: the size of the change, its time of day, and whether the days around it match.
 */
function afterChange(schedule: string, timeZone: string, match: CronMatch) {
  const known = new Map<string, number>();
  return ({ at, before, after }: ClockChange, from: number, until: number, whole: boolean): number => {
    const local = at + before;
    const day = Math.floor(local / dayMs);
    const days = [day - 1, day, day + 1].map((each) => match.matchesDay(each));
    const key = [after - before, local - day * dayMs, from - at, until - at, ...days].join();
    const remembered = known.get(key);
    if (whole && remembered !== undefined) return remembered;
    const count = enumerated(schedule, timeZone, from, until);
    if (whole) known.set(key, count);
    return count;
  };
}

/** When the clocks of a zone are changed. It looks in steps of a week, so it misses an offset that lasts less. */
export function clockChanges(timeZone: string, from: number, to: number): readonly ClockChange[] {
  const offsetAt = (at: number) => offsetMinutes(at, timeZone) * minuteMs;
  const changes: ClockChange[] = [];
  let low = from - dayMs;
  let before = offsetAt(low);
  while (low < to) {
    const high = low + 7 * dayMs;
    const after = offsetAt(high);
    if (after !== before) changes.push({ at: changeWithin(low, high, before, offsetAt), before, after });
    low = high;
    before = after;
  }
  return changes;
}

/** The first minute with another offset. */
function changeWithin(low: number, high: number, before: number, offsetAt: (at: number) => number): number {
  let [last, first] = [Math.floor(low / minuteMs), Math.ceil(high / minuteMs)];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(middle * minuteMs) === before) last = middle;
    else first = middle;
  }
  return first * minuteMs;
}
