/**
 * Accounting for slots apart from the tick: when a schedule is suspended, resumed, changed or deleted, the slots that
 * have passed until then get their row in the ledger, and the next slot is set.
 */
import type { Fire, FireReason } from './fire.ts';
import { ledgerRow } from './plan.ts';
import { dueAt, type Schedule } from './schedule.ts';
import { type Passed, passedSlots, shifted, slotAfter, slotBefore, spreadOffsetSeconds } from './slots.ts';

export interface Settled {
  readonly schedule: Schedule;
  readonly fires: readonly Fire[];
}

interface Tools {
  readonly newId: () => string;
}

/** What has passed and is not accounted for; `undefined` when nothing is. */
function unaccounted(schedule: Schedule, now: string): Passed | undefined {
  const until = shifted(now, -spreadOffsetSeconds(schedule.id, schedule.spreadSeconds));
  if (schedule.nextSlotAt === undefined || Date.parse(schedule.nextSlotAt) > Date.parse(until)) return undefined;
  return passedSlots(schedule, schedule.nextSlotAt, until);
}

/**
 * Accounts for the slots that have passed. With `keepNewest` the newest stays to be fired at the next tick, and those
 * before it are accounted for; else all are.
 */
export function settle(
  schedule: Schedule,
  reason: FireReason,
  keepNewest: boolean,
  now: string,
  { newId }: Tools,
): Settled {
  const passed = unaccounted(schedule, now);
  if (passed === undefined) return { schedule, fires: [] };
  const offset = spreadOffsetSeconds(schedule.id, schedule.spreadSeconds);
  const { deferredReason: _, ...rest } = schedule;
  const row = (last: string, count: number) => [
    ledgerRow({ schedule, outcome: 'Skipped', reason, first: passed.first, last, count, now, offset, id: newId() }),
  ];
  if (keepNewest) {
    const fires = passed.count === 1 ? [] : row(passed.beforeNewest ?? passed.first, passed.count - 1);
    return { schedule: { ...rest, nextSlotAt: passed.newest, nextFireAt: now }, fires };
  }
  const { nextSlotAt: _slot, nextFireAt: _fire, ...ended } = rest;
  const next =
    passed.next === undefined ? ended : { ...ended, nextSlotAt: passed.next, nextFireAt: dueAt(schedule, passed.next) };
  return { schedule: next, fires: row(passed.newest, passed.count) };
}

/**
 * A schedule whose recurrence is another from now on: its next slot by the new one, unless an old one is still to be
 * fired. Slots that `known` has accounted for stay behind it, also when the clock was set back.
 */
export function rescheduled(settled: Schedule, now: string, known: Schedule = settled): Schedule {
  const pending = settled.nextSlotAt !== undefined && Date.parse(settled.nextSlotAt) <= Date.parse(now);
  if (pending) return settled;
  const { nextSlotAt: _slot, nextFireAt: _fire, deferredReason: _why, ...rest } = settled;
  const accounted = known.nextSlotAt === undefined ? undefined : slotBefore(known, known.nextSlotAt);
  const next = slotAfter(settled, accounted !== undefined && Date.parse(accounted) > Date.parse(now) ? accounted : now);
  return next === undefined ? rest : { ...rest, nextSlotAt: next, nextFireAt: dueAt(settled, next) };
}

/** A suspended schedule is not looked at, but for the time to resume. */
export function silenced(schedule: Schedule): Schedule {
  const { nextFireAt: _, ...rest } = schedule;
  return schedule.resumeAt === undefined ? rest : { ...rest, nextFireAt: schedule.resumeAt };
}
