/**
 * Checks a requested schedule and fills in its defaults. Creating stores the draft, and previewing shows it, so a
 * preview shows exactly the schedule that creating would store.
 */

import { type AcceptanceTables, acceptSchedule } from '../acceptance/accept.ts';
import type { Reading } from '../access/call.ts';
import { minimumIntervalSeconds } from '../access/organizations.ts';
import { ttlIn } from '../applications/rules/setting.ts';
import { askedSetting, type KnownSetting, type SettingTables } from '../applications/setting.ts';
import { inferCadence } from '../time/rules/cadence.ts';
import { blackoutWindows } from './blackout-windows.ts';
import { type HoldTables, holdsNow } from './holds.ts';
import type { BlackoutWindowsTable } from './ports.ts';
import type { BlackoutWindow } from './rules/blackout.ts';
import type { Hold } from './rules/holds.ts';
import { blackoutWarnings } from './rules/preview.ts';
import { checkRecurrence } from './rules/recurrence/check-recurrence.ts';
import { dueAt, type NewSchedule, type Schedule } from './rules/schedule.ts';

export interface ScheduleDraft {
  readonly schedule: Schedule;
  readonly setting: KnownSetting;
  /** All windows of the organization. */
  readonly windows: readonly BlackoutWindow[];
  /** What would hold back its slots as things stand. */
  readonly holds: readonly Hold[];
  readonly warnings: readonly string[];
}

export type DraftTables = SettingTables & AcceptanceTables & BlackoutWindowsTable & HoldTables;

/** Throws the Refusal `rule-violated` when the request breaks a rule, or when the cluster is known not to accept it. */
export async function draftSchedule(call: Reading<DraftTables>, input: NewSchedule): Promise<ScheduleDraft> {
  const { caller, now, vault } = call;
  const setting = await askedSetting(call, input.applicationInstanceId);
  const {
    timeZone = 'Etc/UTC',
    suspend = false,
    template = {},
    concurrencyPolicy = 'Forbid',
    missedFires = 'Latest',
    cadence = input.schedule === undefined ? 'custom' : inferCadence(input.schedule),
    ...rest
  } = input;
  const described = { ...rest, id: vault.newId(), timeZone, concurrencyPolicy, missedFires };
  const { ttl } = ttlIn(setting, { schedule: input.ttl, cadence });
  const { first, warnings } = checkRecurrence(described, ttl, now, await minimumIntervalSeconds(call));
  const schedule: Schedule = {
    ...described,
    organizationId: caller.organizationId,
    clusterId: setting.instance.clusterId,
    suspend,
    cadence,
    template,
    nextSlotAt: first,
    ...(!suspend && { nextFireAt: dueAt(described, first) }),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  const accepted = await acceptSchedule(call, setting, schedule);
  const windows = await blackoutWindows(call);
  const holds = await holdsNow(call, schedule);
  return {
    schedule,
    setting,
    windows,
    holds,
    warnings: [
      ...warnings,
      ...accepted,
      ...blackoutWarnings(schedule, windows, now),
      ...holds.map(({ message }) => message),
    ],
  };
}
