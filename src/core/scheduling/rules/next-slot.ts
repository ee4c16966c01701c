/**
 * The next slot of a schedule, counted from now. A wrong clock may have accounted for slots that have not come, and pushed
 * the next one behind them: here both are put right.
 */

import { countSlots, shifted, slotAfter, slotBefore } from '../../time/rules/slots.ts';
import type { Fire } from './ledger.ts';
import { dueAt, type Schedule } from './schedule.ts';

const ms = Date.parse;

/**
 * The next slot is the first after now that is not accounted for. A wrong clock may have accounted for slots that have
 * not come, and pushed the next one behind them: what lies further ahead than a step back of a clock does not count. A
 * slot that has passed stays the next one.
 */
export function countedFromNow(schedule: Schedule, now: string): Schedule {
  const { nextSlotAt, nextFireAt, deferredReason: _why, ...rest } = schedule;
  if (nextSlotAt !== undefined && ms(nextSlotAt) <= ms(now)) return schedule;
  const { accountedUntil = now } = schedule;
  const next = slotAfter(schedule, isSteppedBack(accountedUntil, now) ? accountedUntil : now);
  // Of a suspended schedule this is the time to resume.
  const kept = schedule.suspend && nextFireAt !== undefined ? { nextFireAt } : {};
  if (next === undefined) return { ...rest, ...kept };
  return { ...rest, nextSlotAt: next, ...(schedule.suspend ? kept : { nextFireAt: dueAt(schedule, next) }) };
}

/** A clock that is put right may go back by so much, and no slot is fired twice. */
const steppedBackMs = 2 * 3_600_000;

/** Whether it is ahead of now by no more than a clock steps back when it is put right. */
function isSteppedBack(at: string, now: string): boolean {
  return isAhead(at, now) && ms(at) - ms(now) <= steppedBackMs;
}

/** Whether slots are accounted for that have not come. */
export function isAccountedAhead({ accountedUntil, nextSlotAt, deferredReason }: Schedule, now: string): boolean {
  return isAhead(accountedUntil, now) || (deferredReason !== undefined && isAhead(nextSlotAt, now));
}

function isAhead(at: string | undefined, now: string): boolean {
  return at !== undefined && ms(at) > ms(now);
}

export interface WithoutAhead {
  readonly schedule: Schedule;
  /** What takes the place of these rows of the ledger: a part of the row, or nothing. */
  readonly replaced: readonly { readonly id: string; readonly by: Fire | undefined }[];
}

/**
 * Takes out of the ledger what is accounted for and has not come. `ahead` are its rows that reach beyond now. Those with an
 * Operation stay, because a cluster may have it; after a step back of a clock, all up to the last of them.
 */
export function withoutAhead(schedule: Schedule, ahead: readonly Fire[], now: string): WithoutAhead {
  const { accountedUntil, ...rest } = schedule;
  const made = ahead
    .filter(({ operationId, reason }) => operationId !== undefined && reason !== 'Triggered')
    .map(({ scheduledFor }) => scheduledFor)
    .filter((slot) => accountedUntil !== undefined && slot <= accountedUntil && isSteppedBack(slot, now))
    .toSorted();
  const until = made.at(-1) ?? now;
  const accounted = isAhead(accountedUntil, now) ? (made.at(-1) ?? slotBefore(schedule, now)) : accountedUntil;
  const replaced = ahead
    .filter(({ operationId }) => operationId === undefined)
    .map((row) => ({ row, by: passedPart(row, schedule, until) }))
    .filter(({ row, by }) => by !== row)
    .map(({ row, by }) => ({ id: row.id, by }));
  return { schedule: { ...rest, ...(accounted !== undefined && { accountedUntil: accounted }) }, replaced };
}

function passedPart(row: Fire, schedule: Schedule, until: string): Fire | undefined {
  const { lastScheduledFor, ...first } = row;
  if (isAhead(row.scheduledFor, until)) return undefined;
  if (!isAhead(lastScheduledFor, until)) return row;
  const last = slotBefore(schedule, shifted(until, 0.001)) ?? row.scheduledFor;
  const slotCount = 1 + countSlots(schedule, row.scheduledFor, last);
  return { ...first, slotCount, ...(slotCount > 1 && { lastScheduledFor: last }) };
}
