/** Fires a schedule on request: makes its Operation now, with a row in the ledger that names who asked for it. */
import { type AcceptanceTables, acceptSchedule } from '../acceptance/accept.ts';
import { type Call, ownLocked } from '../access/call.ts';
import { actor, requester } from '../access/rules/access.ts';
import { type SettingTables, settingOf } from '../applications/setting.ts';
import type { Doorbell, EventsTable } from '../kernel/ports.ts';
import type { OperationsTable } from '../operations/ports.ts';
import { begin, createdEvent } from '../operations/rules/begin.ts';
import type { Operation } from '../operations/rules/operation.ts';
import type { FiresTable, SchedulesTable } from './ports.ts';
import { ledgerRow } from './rules/ledger.ts';

export type FiringTables = SchedulesTable &
  FiresTable &
  SettingTables &
  AcceptanceTables &
  OperationsTable &
  EventsTable;

export interface Triggered {
  readonly operation: Operation;
  readonly warnings: readonly string[];
}

/**
 * Fires at once, even while the schedule is suspended or another of its Operations is in flight, because a person
 * asked. With `dryRun` nothing is written.
 */
export async function triggerSchedule(
  call: Call<FiringTables>,
  doorbell: Doorbell,
  id: string,
  dryRun = false,
): Promise<Triggered> {
  const { tx, caller, now, vault } = call;
  const schedule = await ownLocked(tx.schedules, caller, 'schedule', id);
  const setting = await settingOf(call, schedule.applicationInstanceId);
  const warnings = await acceptSchedule(call, setting, schedule);
  const operation = begin(
    setting,
    {
      id: vault.newId(),
      type: 'Backup',
      parameters: schedule.template.parameters,
      ttl: { schedule: schedule.ttl, cadence: schedule.cadence },
      slot: { scheduleId: schedule.id, scheduledFor: now },
      startingDeadlineSeconds: schedule.startingDeadlineSeconds,
      ...requester(caller),
    },
    now,
  );
  if (dryRun) return { operation, warnings };
  await tx.operations.insertOwed(operation, 'Apply');
  const row = ledgerRow({
    schedule,
    outcome: 'Fired',
    reason: 'Triggered',
    first: now,
    last: now,
    count: 1,
    now,
    offset: 0,
    id: vault.newId(),
    operationId: operation.id,
  });
  await tx.fires.append([{ ...row, triggeredBy: actor(caller) }]);
  await tx.events.append([createdEvent(operation, now)]);
  tx.afterCommit(() => doorbell.ring([schedule.clusterId]));
  return { operation, warnings };
}
