/**
 * Backfills past slots on request. Each slot of the range without an Operation gets one now, and its row in the ledger
 * says so. A row that stood for a range of slots is divided around it.
 */

import { acceptSchedule } from '../acceptance/accept.ts';
import { type Call, ownLocked } from '../access/call.ts';
import { actor, requester } from '../access/rules/access.ts';
import type { Setting } from '../applications/rules/setting.ts';
import { settingOf } from '../applications/setting.ts';
import type { Doorbell } from '../kernel/ports.ts';
import { Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { begin, createdEvent } from '../operations/rules/begin.ts';
import type { Operation } from '../operations/rules/operation.ts';
import { countSlots, slotAfter, slotBefore } from '../time/rules/slots.ts';
import type { FiresTable } from './ports.ts';
import { uncomputable } from './rules/broken/computable.ts';
import { type Fire, ledgerRow } from './rules/ledger.ts';
import type { Schedule } from './rules/schedule.ts';
import type { FiringTables } from './trigger.ts';

const maxBackfill = 100;

export interface Backfilled {
  readonly operations: Operation[];
  readonly warnings: string[];
}

/**
 * Refused when the range is in the future, before the schedule, or holds more than 100 slots without an Operation. With
 * `dryRun` nothing is written.
 */
export async function backfillSchedule(
  call: Call<FiringTables>,
  doorbell: Doorbell,
  id: string,
  { from, to }: { from: string; to: string },
  dryRun = false,
): Promise<Backfilled> {
  const { tx, caller, now, vault } = call;
  const schedule = await ownLocked(tx.schedules, caller, 'schedule', id);
  const unreadable = uncomputable(schedule);
  if (unreadable !== undefined) throw unreadable;
  if (to < from) throw ruleViolated('/to', 'must not be before `from`.');
  if (schedule.accountedUntil === undefined || to > schedule.accountedUntil) {
    throw ruleViolated(
      '/to',
      `must not be after ${schedule.accountedUntil ?? 'the first fire'}: later slots are not decided yet.`,
    );
  }
  const rows = await ledgerOf(call, id, from, to);
  const slots: string[] = [];
  for (const row of rows) {
    if (slots.length <= maxBackfill) slots.push(...openSlots(schedule, row, from, to));
  }
  if (slots.length > maxBackfill)
    throw ruleViolated(
      '/from',
      `The range holds more than ${maxBackfill} slots without an Operation; backfill it in parts.`,
    );
  const setting = await settingOf(call, schedule.applicationInstanceId);
  const warnings = [...(await acceptSchedule(call, setting, schedule))];
  const make = makerOf(call, setting, schedule);
  const operations = slots.map((slot) => make(slot));
  if (dryRun) return { operations, warnings };
  for (const operation of operations) await tx.operations.insertOwed(operation, 'Apply');
  const made = new Map(operations.map((operation) => [operation.scheduledFor ?? '', operation]));
  for (const row of rows) {
    const divided = divide(schedule, row, made, { now, newId: vault.newId, by: actor(caller) });
    if (divided.length > 0) await tx.fires.replace(row.id, divided);
  }
  await tx.events.append(operations.map((operation) => createdEvent(operation, now)));
  if (operations.length > 0) tx.afterCommit(() => doorbell.ring([schedule.clusterId]));
  return { operations, warnings };
}

async function ledgerOf({ tx }: Call<FiresTable>, id: string, from: string, to: string): Promise<readonly Fire[]> {
  const { items, nextCursor } = await tx.fires.page(id, { limit: 1000, from, to });
  if (nextCursor !== undefined)
    throw new Refusal('rule-violated', 'The range is too long; backfill it in parts.', {
      errors: [{ pointer: '/from', detail: 'choose a later time.' }],
    });
  return items.filter((row) => row.operationId === undefined && row.outcome !== 'Deferred');
}

/** The slots of a row that are in the range. It stops at one more than a backfill may have. */
function openSlots(schedule: Schedule, row: Fire, from: string, to: string): string[] {
  const last = row.lastScheduledFor ?? row.scheduledFor;
  const found: string[] = [];
  let slot: string | undefined =
    row.scheduledFor >= from ? row.scheduledFor : slotAfter(schedule, new Date(Date.parse(from) - 1).toISOString());
  while (slot !== undefined && slot <= last && slot <= to && found.length <= maxBackfill) {
    found.push(slot);
    slot = slotAfter(schedule, slot);
  }
  return found;
}

function makerOf(call: Call<FiringTables>, setting: Setting, schedule: Schedule): (slot: string) => Operation {
  const { caller, now, vault } = call;
  return (scheduledFor) =>
    begin(
      setting,
      {
        id: vault.newId(),
        type: 'Backup',
        parameters: schedule.template.parameters,
        ttl: { schedule: schedule.ttl, cadence: schedule.cadence },
        slot: { scheduleId: schedule.id, scheduledFor },
        nameFrom: schedule.id,
        ...requester(caller),
      },
      now,
    );
}

/**
 * The rows that replace `row`: one for each backfilled slot, and the rest of the range around them. Empty: the row
 * stays.
 */
function divide(
  schedule: Schedule,
  row: Fire,
  made: ReadonlyMap<string, Operation>,
  { now, newId, by }: { now: string; newId: () => string; by: string },
): readonly Fire[] {
  const last = row.lastScheduledFor ?? row.scheduledFor;
  const within = [...made.keys()].filter((slot) => slot >= row.scheduledFor && slot <= last).toSorted();
  if (within.length === 0) return [];
  const rows: Fire[] = [];
  let first: string | undefined = row.scheduledFor;
  const rest = (until: string) => {
    if (first === undefined || first > until) return;
    const { lastScheduledFor: _, ...kept } = row;
    const slotCount = 1 + countSlots(schedule, first, until);
    rows.push({
      ...kept,
      id: newId(),
      scheduledFor: first,
      slotCount,
      ...(slotCount > 1 && { lastScheduledFor: until }),
    });
  };
  for (const slot of within) {
    const before = slotBefore(schedule, slot);
    if (before !== undefined && before >= row.scheduledFor) rest(before);
    const operationId = made.get(slot)?.id;
    rows.push({
      ...ledgerRow({
        schedule,
        outcome: 'Late',
        reason: 'Backfilled',
        first: slot,
        last: slot,
        count: 1,
        now,
        offset: 0,
        id: newId(),
        operationId,
      }),
      triggeredBy: by,
    });
    first = slotAfter(schedule, slot);
  }
  rest(last);
  return rows;
}
