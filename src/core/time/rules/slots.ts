/**
 * The slots of a schedule: those of a cron expression in a zone between two bounds, or one moment. The scheduler asks
 * here for the next slot, the newest that has passed, how many have passed, and a schedule's place in its spread.
 */

import { instantAt } from './instants.ts';
import { nextSlot, previousSlot } from './recurrence.ts';
import { slotCounter } from './slot-counter.ts';

export interface Recurrence {
  readonly schedule?: string | undefined;
  /** One moment instead of a recurrence. */
  readonly at?: string | undefined;
  readonly timeZone: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
}

const ms = Date.parse;

/** The first slot strictly after `after`, within the bounds; `undefined` when no slot is left. */
export function slotAfter(recurrence: Recurrence, after: string, next: typeof nextSlot = nextSlot): string | undefined {
  const { schedule, at, timeZone, startsAt, endsAt } = recurrence;
  if (at !== undefined) return ms(at) > ms(after) ? new Date(ms(at)).toISOString() : undefined;
  if (schedule === undefined) return undefined;
  const from = startsAt !== undefined && ms(startsAt) > ms(after) ? new Date(ms(startsAt) - 1).toISOString() : after;
  const slot = next(schedule, timeZone, from);
  return slot === undefined || (endsAt !== undefined && ms(slot) > ms(endsAt)) ? undefined : slot;
}

export interface Passed {
  /** The first slot that is not accounted for. */
  readonly first: string;
  /** The newest slot that has passed. */
  readonly newest: string;
  readonly count: number;
  /** The last slot before the newest, when there are several. */
  readonly beforeNewest: string | undefined;
  /** The first slot that has not passed; absent when no slot is left. */
  readonly next: string | undefined;
}

/** The slots from `first` to `until`, both included. `first` counts even when the recurrence no longer has it. */
export function passedSlots(
  recurrence: Recurrence,
  first: string,
  until: string,
  next: typeof nextSlot = nextSlot,
): Passed {
  const second = slotAfter(recurrence, first, next);
  if (second === undefined || ms(second) > ms(until)) {
    return { first, newest: first, count: 1, beforeNewest: undefined, next: second };
  }
  const following = slotAfter(recurrence, until, next);
  const newest = slotBefore(recurrence, new Date(ms(until) + 1).toISOString()) ?? second;
  const before = ms(newest) === ms(second) ? first : (slotBefore(recurrence, newest) ?? first);
  return { first, newest, count: 1 + countSlots(recurrence, first, until), beforeNewest: before, next: following };
}

/** `passedSlots` with a memory: after an outage thousands of schedules have missed the same slots. */
export function memoizedPassedSlots(next: typeof nextSlot): typeof passedSlots {
  const known = new Map<string, Passed>();
  return (recurrence, first, until) => {
    const { schedule, at, timeZone, startsAt, endsAt } = recurrence;
    const key = [schedule, at, timeZone, startsAt, endsAt, first, until].join('|');
    const found = known.get(key) ?? passedSlots(recurrence, first, until, next);
    known.set(key, found);
    return found;
  };
}

/** The last slot strictly before `before`, within the bounds; `undefined` when there is none. */
export function slotBefore(recurrence: Recurrence, before: string): string | undefined {
  const { schedule, at, timeZone, startsAt, endsAt } = recurrence;
  if (at !== undefined) return ms(at) < ms(before) ? new Date(ms(at)).toISOString() : undefined;
  if (schedule === undefined) return undefined;
  const end = endsAt !== undefined && ms(endsAt) < ms(before) ? new Date(ms(endsAt) + 1).toISOString() : before;
  const slot = previousSlot(schedule, timeZone, end);
  return slot === undefined || (startsAt !== undefined && ms(slot) < ms(startsAt)) ? undefined : slot;
}

/** How many slots lie after `after` (excluded) up to `until` (included), within the bounds. */
export function countSlots(
  { schedule, at, timeZone, startsAt, endsAt }: Recurrence,
  after: string,
  until: string,
): number {
  const from = Math.max(ms(after) + 1, startsAt === undefined ? 0 : ms(startsAt));
  const to = Math.min(ms(until), endsAt === undefined ? Number.POSITIVE_INFINITY : ms(endsAt));
  if (at !== undefined) return ms(at) > ms(after) && ms(at) <= ms(until) ? 1 : 0;
  return schedule === undefined || from > to ? 0 : slotCounter({ schedule, timeZone }, from, to)(to);
}

const lookAhead = { count: 60, ms: 3 * 366 * 86_400_000 };

/**
 * The shortest time between two of the next sixty slots of three years, in seconds, at least between the next two;
 * `undefined` when fewer than two are left.
 */
export function shortestGapSeconds(recurrence: Recurrence, after: string): number | undefined {
  let shortest: number | undefined;
  let slot = slotAfter(recurrence, after);
  const until = slot === undefined ? 0 : ms(slot) + lookAhead.ms;
  for (let i = 0; i < lookAhead.count && slot !== undefined; i += 1) {
    const following = slotAfter(recurrence, slot);
    if (following === undefined || (shortest !== undefined && ms(following) > until)) break;
    const gap = (ms(following) - ms(slot)) / 1000;
    shortest = shortest === undefined ? gap : Math.min(shortest, gap);
    slot = following;
  }
  return shortest;
}

/** The place of this schedule in its spread: at least 0 and less than the spread, in seconds. It never changes. */
export function spreadOffsetSeconds(scheduleId: string, spreadSeconds: number | undefined): number {
  if (spreadSeconds === undefined || spreadSeconds <= 0) return 0;
  // FNV-1a over the id: even, and the same on every replica and in every version.
  let hash = 0x811c9dc5;
  for (const character of scheduleId) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash % spreadSeconds;
}

/** The instant so many seconds later. */
export function shifted(at: string, seconds: number): string {
  return instantAt(ms(at) + seconds * 1000);
}
