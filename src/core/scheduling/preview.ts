/** Previews: of a schedule that is there, and of one that is not yet. Nothing is written. */

import { foresee, foreseen } from '../acceptance/foresee.ts';
import { own, type Reading } from '../access/call.ts';
import { forewarned } from '../applications/adopt.ts';
import { resolveTtl } from '../applications/rules/retention.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { inferCadence } from '../time/rules/recurrence.ts';
import type { BlackoutWindow } from './rules/blackout.ts';
import { blackoutWarnings, type PreviewedFire, preview } from './rules/preview.ts';
import { checkRecurrence, type NewSchedule, type Schedule } from './rules/schedule.ts';

export interface Preview {
  readonly items: PreviewedFire[];
  readonly warnings: string[];
}

export async function previewSchedule(call: Reading, id: string, count: number): Promise<Preview> {
  const schedule = await own(call.tx.schedules, call.caller, 'schedule', id);
  const warnings = schedule.suspend ? ['The schedule is suspended: nothing fires until it is resumed.'] : [];
  return {
    items: await previewed(call, schedule, count),
    warnings: [...warnings, ...(await foreseen(call, schedule))],
  };
}

export async function previewNewSchedule(call: Reading, input: NewSchedule, count: number): Promise<Preview> {
  const { tx, caller, now, vault } = call;
  const instance = await tx.applicationInstances.find(caller.organizationId, input.applicationInstanceId);
  if (instance === undefined)
    throw ruleViolated('/applicationInstanceId', `There is no application instance ${input.applicationInstanceId}.`);
  const { timeZone = 'Etc/UTC', concurrencyPolicy = 'Forbid', template = {} } = input;
  const organization = await tx.organizations.find(caller.organizationId, caller.organizationId);
  const described = { ...input, id: vault.newId(), timeZone, concurrencyPolicy };
  const { warnings } = checkRecurrence(described, now, organization?.minimumIntervalSeconds);
  const cadence = input.cadence ?? (input.schedule === undefined ? 'custom' : inferCadence(input.schedule));
  const { organizationId, clusterId } = instance;
  const schedule = { ...described, organizationId, clusterId, cadence };
  const doubts = await foresee(call, { ...described, clusterId, template });
  const forebodings = await forewarned(call, instance, 'Backup');
  return {
    items: await previewed(call, schedule, count),
    warnings: [...warnings, ...doubts, ...forebodings, ...blackoutWarnings(schedule, await blackoutWindows(call), now)],
  };
}

type Described = Parameters<typeof preview>[0] & Pick<Schedule, 'applicationInstanceId' | 'cadence' | 'ttl'>;

async function previewed({ tx, caller, now }: Reading, schedule: Described, count: number): Promise<PreviewedFire[]> {
  const instance = await own(tx.applicationInstances, caller, 'application instance', schedule.applicationInstanceId);
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const override = await tx.overrides.find(caller.organizationId, applicationClass.id);
  const windows = await blackoutWindows({ tx, caller });
  const resolved = resolveTtl({
    schedule: schedule.ttl,
    cadence: schedule.cadence,
    override: override?.retention,
    classRetention: applicationClass.retention,
  });
  return [...preview(schedule, resolved, windows, now, count)];
}

export async function blackoutWindows({
  tx,
  caller,
}: Pick<Reading, 'tx' | 'caller'>): Promise<readonly BlackoutWindow[]> {
  return (await tx.blackoutWindows.page(caller.organizationId, { limit: 1000 })).items;
}
