/**
 * Finds schedules whose next slot is later than their recurrence says, and repairs them. A clock that was wrong leaves
 * such schedules behind, and slots in the ledger that have not come; so may a change of the database by hand. Without
 * the repair they would be silent until then.
 *
 * The Operations that were made for such slots stay, with their rows in the ledger: a cluster may have them. Those slots
 * are not fired again.
 */
import type { Clock, EventsTable, Log, Store, Vault } from '../kernel/ports.ts';
import { sift } from '../kernel/rules/broken/bad-rows.ts';
import { memoizedNextSlot } from '../time/rules/recurrence.ts';
import { shifted, slotAfter } from '../time/rules/slots.ts';
import type { FiresTable, NextSlots, Recurring, SchedulesTable } from './ports.ts';
import { countedFromNow, isAccountedAhead, type WithoutAhead, withoutAhead } from './rules/next-slot.ts';
import { scheduleEvent } from './rules/reasons.ts';
import type { Schedule } from './rules/schedule.ts';

/** Schedules go on while they are looked for: only what lies this far ahead is judged. */
const aheadSeconds = 60;
const reportedCount = 200;
const repairedCount = 500;
const maxAheadRows = 1_000;

export type LateNextSlot = Pick<Schedule, 'id' | 'organizationId' | 'updatedAt'>;

/** At most 200 of the schedules, the first by their next slot. */
export async function lateNextSlots(
  nextSlots: NextSlots,
  now: string,
  limit = reportedCount,
): Promise<readonly LateNextSlot[]> {
  const from = shifted(now, aheadSeconds);
  const next = memoizedNextSlot();
  // What cannot be computed is put aside when it is due.
  const { made } = sift(await nextSlots.recurrences(from), (each) => (isLate(each, from, next) ? [each] : []));
  const late = made.flat();
  return late.length === 0 ? [] : nextSlots.schedulesOf(late, limit);
}

function isLate(recurring: Recurring, from: string, next: ReturnType<typeof memoizedNextSlot>): boolean {
  const { nextSlotAt, isAccountedAhead: isAhead } = recurring;
  if (isAhead || nextSlotAt === undefined) return isAhead;
  const slot = slotAfter(recurring, from, next);
  return slot !== undefined && Date.parse(slot) < Date.parse(nextSlotAt);
}

export interface RepairPorts {
  readonly nextSlots: NextSlots;
  readonly store: Store<SchedulesTable & FiresTable & EventsTable>;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Log;
}

/** One round; returns how many schedules it has repaired. Each is a transaction of its own, so a bad one stops no other. */
export async function repairNextSlots({ nextSlots, store, clock, log }: RepairPorts): Promise<number> {
  const now = await clock.now();
  const late = await lateNextSlots(nextSlots, now, repairedCount);
  let count = 0;
  for (const { id, organizationId } of late) {
    try {
      if (await repair(store, organizationId, id, now)) count += 1;
    } catch (err) {
      log.error({ err, scheduleId: id }, 'the next slot of a schedule could not be repaired');
    }
  }
  if (count > 0) log.warn({ count }, 'schedules whose next slot was too late have been repaired');
  return count;
}

function repair(store: RepairPorts['store'], organizationId: string, id: string, now: string): Promise<boolean> {
  return store.transaction(async (tx) => {
    const known = await tx.schedules.lock(organizationId, id);
    if (known === undefined) return false;
    const repaired = countedFromNow(await forgetAhead(tx, known, now), now);
    if (repaired.nextSlotAt === known.nextSlotAt && repaired.accountedUntil === known.accountedUntil) return false;
    await tx.schedules.update(repaired);
    const { clusterId, applicationInstanceId } = known;
    const message = `Its next slot was ${known.nextSlotAt ?? 'absent'}, and is ${repaired.nextSlotAt ?? 'absent'} by its recurrence.`;
    const about = { organizationId, clusterId, applicationInstanceId, scheduleId: id, message, at: now };
    await tx.events.append([scheduleEvent('NextSlotRepaired', about)]);
    return true;
  });
}

/** The schedule and its ledger without the slots that are accounted for and have not come. */
export async function forgetAhead(tables: FiresTable, schedule: Schedule, now: string): Promise<Schedule> {
  const without = await lookAhead(tables, schedule, now);
  for (const { id, by } of without.replaced) await tables.fires.replace(id, by === undefined ? [] : [by]);
  return without.schedule;
}

/** What `forgetAhead` would leave and replace. Writes nothing. */
export async function lookAhead({ fires }: FiresTable, schedule: Schedule, now: string): Promise<WithoutAhead> {
  if (!isAccountedAhead(schedule, now)) return { schedule, replaced: [] };
  return withoutAhead(schedule, await fires.ahead(schedule.id, now, maxAheadRows), now);
}
