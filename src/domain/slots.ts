/**
 * The slots of a schedule: cron in a zone between two bounds, or one moment. All that the scheduler asks of a
 * recurrence is here: the next slot, the newest that has passed, and how many have.
 *
 * Counting ten years of minutes must not take ten years of minutes: a local day without a change of offset has as many
 * slots as any other that fires at all, so whole days are counted at once, and only days with a change hour by hour.
 */

import { offsetMinutes } from './local-time.ts';
import { nextSlot, previousSlot } from './recurrence.ts';

export interface Recurrence {
  readonly schedule?: string | undefined;
  /** One moment instead of a recurrence. */
  readonly at?: string | undefined;
  readonly timeZone: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
}

const ms = Date.parse;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** More than any zone's clock has ever been put forward or back at once, but for changes of the date line. */
const marginMs = 2 * hourMs;

/** The first slot strictly after `after`, within the bounds; `undefined` when there is none any more. */
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
  /** The first slot that has not passed; absent when there is none any more. */
  readonly next: string | undefined;
}

/** What has passed from the slot `first` to `until`, both included. `first` itself has passed, whatever the recurrence says. */
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

/** The last slot strictly before `before`. */
export function slotBefore(recurrence: Recurrence, before: string): string | undefined {
  const { schedule, at, timeZone, startsAt, endsAt } = recurrence;
  if (at !== undefined) return ms(at) < ms(before) ? new Date(ms(at)).toISOString() : undefined;
  if (schedule === undefined) return undefined;
  const end = endsAt !== undefined && ms(endsAt) < ms(before) ? new Date(ms(endsAt) + 1).toISOString() : before;
  const slot = previousSlot(schedule, timeZone, end);
  return slot === undefined || (startsAt !== undefined && ms(slot) < ms(startsAt)) ? undefined : slot;
}

/** How many slots lie strictly after `after` and not after `until`. */
export function countSlots(recurrence: Recurrence, after: string, until: string): number {
  const { schedule, timeZone } = recurrence;
  let slot = slotAfter(recurrence, after);
  let count = 0;
  let wholeDay: number | undefined;
  let wholeHour: number | undefined;
  let counted = ms(after);
  const end = recurrence.endsAt !== undefined && ms(recurrence.endsAt) < ms(until) ? ms(recurrence.endsAt) : ms(until);
  while (slot !== undefined && ms(slot) <= end) {
    const day = schedule === undefined ? undefined : wholeSpan(slot, timeZone, dayMs, counted, end);
    if (day !== undefined && schedule !== undefined) {
      wholeDay ??= enumerate(schedule, timeZone, day);
      count += wholeDay;
      counted = day.end - 1;
      slot = slotAfter(recurrence, new Date(counted).toISOString());
      continue;
    }
    const hour = schedule === undefined ? undefined : wholeSpan(slot, timeZone, hourMs, counted, end);
    if (hour !== undefined && schedule !== undefined) {
      wholeHour ??= enumerate(schedule, timeZone, hour);
      count += wholeHour;
      counted = hour.end - 1;
      slot = slotAfter(recurrence, new Date(counted).toISOString());
      continue;
    }
    count += 1;
    counted = ms(slot);
    slot = slotAfter(recurrence, slot);
  }
  return count;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The local day or hour that `slot` is in, if all of it lies after `counted` and not after `limit`, and the zone's offset
 * is the same from shortly before it to shortly after.
 */
function wholeSpan(slot: string, timeZone: string, lengthMs: number, counted: number, limit: number): Span | undefined {
  const at = ms(slot);
  const offset = offsetMinutes(at, timeZone) * 60_000;
  const start = Math.floor((at + offset) / lengthMs) * lengthMs - offset;
  const end = start + lengthMs;
  if (start <= counted || end - 1 > limit) return undefined;
  const steady = [start - marginMs, end + marginMs].every((edge) => offsetMinutes(edge, timeZone) * 60_000 === offset);
  return steady ? { start, end } : undefined;
}

/** The slots within a span, one by one: done once for a day and once for an hour of an expression. */
function enumerate(schedule: string, timeZone: string, span: Span): number {
  let count = 0;
  let slot = nextSlot(schedule, timeZone, new Date(span.start - 1).toISOString());
  while (slot !== undefined && ms(slot) < span.end) {
    count += 1;
    slot = nextSlot(schedule, timeZone, slot);
  }
  return count;
}

/** The shortest time between neighbouring slots from `after` on, in seconds; `undefined` when fewer than two are left. */
export function shortestGapSeconds(recurrence: Recurrence, after: string, looked = 60): number | undefined {
  let shortest: number | undefined;
  let slot = slotAfter(recurrence, after);
  for (let i = 0; i < looked && slot !== undefined; i += 1) {
    const following = slotAfter(recurrence, slot);
    if (following === undefined) break;
    const gap = (ms(following) - ms(slot)) / 1000;
    shortest = shortest === undefined ? gap : Math.min(shortest, gap);
    slot = following;
  }
  return shortest;
}

/** A stable place of this schedule in its spread: seconds from 0 to the spread, the same for ever. */
export function spreadOffsetSeconds(scheduleId: string, spreadSeconds: number | undefined): number {
  if (spreadSeconds === undefined || spreadSeconds <= 0) return 0;
  // FNV-1a over the id: even, and the same on every replica and in every version.
  let hash = 0x811c9dc5;
  for (const character of scheduleId) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash % spreadSeconds;
}

export function shifted(at: string, seconds: number): string {
  return new Date(ms(at) + seconds * 1000).toISOString();
}
