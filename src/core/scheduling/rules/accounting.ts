/**
 * Accounting for slots apart from the tick: when a schedule is suspended, resumed, changed or deleted, the slots that
 * have passed until then get their row in the ledger, and the next slot is set.
 */

import { type Passed, passedSlots, shifted, spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { uncomputable } from './broken/computable.ts';
import { type Fire, type FireReason, ledgerRow } from './ledger.ts';
import { countedFromNow } from './next-slot.ts';
import { dueAt, type ResumedSchedule, type Schedule } from './schedule.ts';

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
  // Slots that cannot be computed stay unaccounted for, until the schedule is repaired.
  if (nextSlotAt === undefined || uncomputable(schedule) !== undefined) return undefined;
  const until = shifted(now, -spreadOffsetSeconds(schedule.id, schedule.spreadSeconds));
  return ms(nextSlotAt) <= ms(until) ? passedSlots(schedule, nextSlotAt, until) : undefined;
}

/**
 * Accounts for the slots that have passed. With `keepNewest` the newest stays to be fired at the next tick, and those
 * before it are accounted for; else all are. A slot that stays after a suspension says that it has waited for its end,
 * so the ledger does not blame the service for the delay.
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
    const waited = reason === 'Suspended' ? { deferredReason: reason } : {};
    return { schedule: { ...rest, ...accounted, ...waited, nextSlotAt: passed.newest, nextFireAt: now }, fires };
  }
  const { nextSlotAt: _slot, nextFireAt: _fire, ...others } = rest;
  const ended = { ...others, accountedUntil: passed.newest };
  const next =
    passed.next === undefined ? ended : { ...ended, nextSlotAt: passed.next, nextFireAt: dueAt(schedule, passed.next) };
  return { schedule: next, fires: row(passed.newest, passed.count) };
}

/**
 * Accounts for the slots that have passed when a schedule is removed. Of slots that cannot be computed, only the first is
 * known.
 */
export function accountForRemoval(schedule: Schedule, now: string, tools: Tools): readonly Fire[] {
  const reason = schedule.suspend ? 'Suspended' : 'ScheduleChanged';
  const { nextSlotAt: first } = schedule;
  const known = accountForPassed(schedule, reason, false, now, tools).fires;
  if (uncomputable(schedule) === undefined || first === undefined || Date.parse(first) > Date.parse(now)) return known;
  const offset = spreadOffsetSeconds(schedule.id, schedule.spreadSeconds);
  return [
    ledgerRow({ schedule, outcome: 'Skipped', reason, first, last: first, count: 1, now, offset, id: tools.newId() }),
  ];
}

/**
 * Accounts for the slots that have passed when the recurrence becomes that of `wanted`: by the old one, and the newest
 * stays to be fired, unless the schedule is suspended. If the old one cannot be computed, the change repairs it: then its
 * slots wait for the next tick, which accounts for them by the new one as for any that were missed.
 */
export function accountForChange(known: Schedule, wanted: Schedule, now: string, tools: Tools): Accounted {
  const { suspend, nextSlotAt } = known;
  if (uncomputable(known) === undefined)
    return accountForPassed(known, suspend ? 'Suspended' : 'ScheduleChanged', !suspend, now, tools);
  if (suspend) return accountForPassed(wanted, 'Suspended', false, now, tools);
  const waits = nextSlotAt !== undefined && Date.parse(nextSlotAt) <= Date.parse(now);
  return { schedule: waits ? { ...known, nextFireAt: now } : known, fires: [] };
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

/** What passed during a suspension that ends now, of which `fires` are in the ledger as skipped. */
export function passedOver(
  { nextSlotAt, nextFireAt }: Schedule,
  fires: readonly Fire[],
  now: string,
): Pick<ResumedSchedule, 'skippedSlotCount' | 'firstSkippedAt' | 'lastSkippedAt' | 'note'> {
  const next =
    nextFireAt === undefined
      ? 'No slot is left.'
      : nextFireAt <= now
        ? `The newest slot that passed (${nextSlotAt}) fires now.`
        : `It fires next at ${nextFireAt}.`;
  const [row] = fires;
  if (row === undefined) return { skippedSlotCount: 0, note: `No slot was skipped. ${next}` };
  const { scheduledFor: first, lastScheduledFor: last = first, slotCount } = row;
  const skipped =
    slotCount === 1
      ? `The slot ${first} passed during the suspension and was skipped.`
      : `${slotCount} slots passed during the suspension, from ${first} to ${last}, and were skipped.`;
  const remedy =
    nextFireAt !== undefined && nextFireAt > now ? ' Trigger the schedule if a copy is needed before.' : '';
  return {
    skippedSlotCount: slotCount,
    firstSkippedAt: first,
    lastSkippedAt: last,
    note: `${skipped} ${next}${remedy}`,
  };
}

/** A suspended schedule is not looked at, but for the time to resume. */
export function silenced(schedule: Schedule): Schedule {
  const { nextFireAt: _, ...rest } = schedule;
  return schedule.resumeAt === undefined ? rest : { ...rest, nextFireAt: schedule.resumeAt };
}
