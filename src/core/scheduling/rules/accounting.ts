/**
 * Accounting for slots apart from the tick: when a schedule is suspended, resumed, changed or deleted, the slots that
 * have passed until then get their row in the ledger, and the next slot is set.
 */

import { type Passed, passedSlots, shifted, slotAfter, spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { type Fire, type FireReason, ledgerRow } from './ledger.ts';
import { dueAt, type Schedule } from './schedule.ts';

export interface Accounted {
  readonly schedule: Schedule;
  readonly fires: readonly Fire[];
}

interface Tools {
  readonly newId: () => string;
}

/** The slots that have passed and are not accounted for. A slot that waits has passed, whatever the clock says now. */
function unaccounted({ nextSlotAt, ...schedule }: Schedule, now: string): Passed | undefined {
  if (nextSlotAt === undefined) return undefined;
  const until = shifted(now, -spreadOffsetSeconds(schedule.id, schedule.spreadSeconds));
  if (Date.parse(nextSlotAt) <= Date.parse(until)) return passedSlots(schedule, nextSlotAt, until);
  return schedule.deferredReason === undefined ? undefined : passedSlots(schedule, nextSlotAt, nextSlotAt);
}

/**
 * Accounts for the slots that have passed. With `keepNewest` the newest stays to be fired at the next tick, and those
 * before it are accounted for; else all are.
 */
export function accountForPassed(
  schedule: Schedule,
  reason: FireReason,
  keepNewest: boolean,
  now: string,
  { newId }: Tools,
): Accounted {
  const passed = unaccounted(schedule, now);
  if (passed === undefined) return { schedule, fires: [] };
  const offset = spreadOffsetSeconds(schedule.id, schedule.spreadSeconds);
  const { deferredReason: _, ...rest } = schedule;
  const row = (last: string, count: number) => [
    ledgerRow({ schedule, outcome: 'Skipped', reason, first: passed.first, last, count, now, offset, id: newId() }),
  ];
  if (keepNewest) {
    const fires = passed.count === 1 ? [] : row(passed.beforeNewest ?? passed.first, passed.count - 1);
    const accounted = passed.beforeNewest === undefined ? {} : { accountedUntil: passed.beforeNewest };
    return { schedule: { ...rest, ...accounted, nextSlotAt: passed.newest, nextFireAt: now }, fires };
  }
  const { nextSlotAt: _slot, nextFireAt: _fire, ...others } = rest;
  const ended = { ...others, accountedUntil: passed.newest };
  const next =
    passed.next === undefined ? ended : { ...ended, nextSlotAt: passed.next, nextFireAt: dueAt(schedule, passed.next) };
  return { schedule: next, fires: row(passed.newest, passed.count) };
}

/**
 * A schedule whose recurrence is another from now on: its next slot by the new one, unless an old one is still to be
 * fired. No slot is accounted for twice, also when the clock was set back.
 */
export function rescheduled(schedule: Schedule, now: string): Schedule {
  const { nextSlotAt, nextFireAt, accountedUntil } = schedule;
  if (nextFireAt !== undefined && Date.parse(nextFireAt) <= Date.parse(now)) return schedule;
  // Its slot has come, and its place in the spread has not: it is fired there.
  if (nextSlotAt !== undefined && Date.parse(nextSlotAt) <= Date.parse(now)) {
    return { ...schedule, nextFireAt: dueAt(schedule, nextSlotAt) };
  }
  const { nextSlotAt: _slot, nextFireAt: _fire, deferredReason: _why, ...rest } = schedule;
  const ahead = accountedUntil !== undefined && Date.parse(accountedUntil) > Date.parse(now);
  const next = slotAfter(schedule, ahead ? accountedUntil : now);
  return next === undefined ? rest : { ...rest, nextSlotAt: next, nextFireAt: dueAt(schedule, next) };
}

/** A schedule that goes on after a suspension: its next slot is looked at when it is due. */
export function awakened(schedule: Schedule): Schedule {
  const { nextSlotAt, nextFireAt } = schedule;
  return nextSlotAt === undefined || nextFireAt !== undefined
    ? schedule
    : { ...schedule, nextFireAt: dueAt(schedule, nextSlotAt) };
}

/** A suspended schedule is not looked at, but for the time to resume. */
export function silenced(schedule: Schedule): Schedule {
  const { nextFireAt: _, ...rest } = schedule;
  return schedule.resumeAt === undefined ? rest : { ...rest, nextFireAt: schedule.resumeAt };
}
