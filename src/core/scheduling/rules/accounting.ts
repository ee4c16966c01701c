/**
 * Accounting for slots apart from the tick: when a schedule is suspended, resumed, changed or deleted, the slots that
 * have passed until then get their row in the ledger, and the next slot is set.
 */

import { type Passed, passedSlots, shifted, spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { type Fire, type FireReason, ledgerRow } from './ledger.ts';
import { countedFromNow } from './next-slot.ts';
import { dueAt, type Schedule } from './schedule.ts';

export interface Accounted {
  readonly schedule: Schedule;
  readonly fires: readonly Fire[];
}

interface Tools {
  readonly newId: () => string;
}

const ms = Date.parse;

/** The slots that have passed and are not accounted for. */
function unaccounted({ nextSlotAt, ...schedule }: Schedule, now: string): Passed | undefined {
  if (nextSlotAt === undefined) return undefined;
  const until = shifted(now, -spreadOffsetSeconds(schedule.id, schedule.spreadSeconds));
  return ms(nextSlotAt) <= ms(until) ? passedSlots(schedule, nextSlotAt, until) : undefined;
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
 * fired.
 */
export function rescheduled(schedule: Schedule, now: string): Schedule {
  const { nextSlotAt, nextFireAt } = schedule;
  if (nextFireAt !== undefined && ms(nextFireAt) <= ms(now)) return schedule;
  // Its slot has come, and its place in the spread has not: it is fired there.
  if (nextSlotAt !== undefined && ms(nextSlotAt) <= ms(now))
    return { ...schedule, nextFireAt: dueAt(schedule, nextSlotAt) };
  return countedFromNow(schedule, now);
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
