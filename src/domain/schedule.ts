/** A recurrence: which application is backed up when, with what, and how long the copies are kept. */
import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from './common.ts';
import { Ttl } from './duration.ts';
import { DnsLabel } from './names.ts';
import { Engine } from './operation.ts';
import { BackupParameters } from './parameters.ts';
import { ruleViolated } from './problem.ts';
import { Cadence, CronExpression, inferCadence, nextSlot, TimeZone } from './recurrence.ts';

export const ScheduleTemplate = z
  .strictObject({
    type: z.enum(['Backup']).optional().describe('Default Backup, the only type that recurs.'),
    engine: Engine.optional().describe('Default velero.'),
    parameters: BackupParameters.optional().describe("They go over the application class's defaults, key by key."),
  })
  .meta({ id: 'ScheduleTemplate', description: 'What each fire makes.' });
export type ScheduleTemplate = z.infer<typeof ScheduleTemplate>;

export const Schedule = z
  .object({
    id: Id,
    organizationId: Id,
    applicationInstanceId: Id,
    clusterId: Id,
    name: DnsLabel.describe('Unique for the application instance.'),
    displayName: DisplayName.optional(),
    schedule: CronExpression,
    timeZone: TimeZone,
    suspend: z.boolean().describe('While true nothing fires.'),
    cadence: Cadence,
    ttl: Ttl.optional().describe("Goes over the organization's and the class's default."),
    template: ScheduleTemplate,
    nextFireAt: Instant.optional().describe('The next slot. Absent while suspended.'),
    lastFireAt: Instant.optional().describe('The slot of the last fire.'),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'Schedule', description: 'A recurring backup of one application instance.' });
export type Schedule = z.infer<typeof Schedule>;

export const NewSchedule = z
  .strictObject({
    applicationInstanceId: Id,
    name: DnsLabel.describe('Unique for the application instance.'),
    displayName: DisplayName.optional(),
    schedule: CronExpression,
    timeZone: TimeZone.optional().describe('Default Etc/UTC.'),
    suspend: z.boolean().optional().describe('Default false.'),
    cadence: Cadence.optional().describe('Default: inferred from the recurrence.'),
    ttl: Ttl.optional().describe("Default: the organization's or the class's for the cadence."),
    template: ScheduleTemplate.optional(),
  })
  .meta({ id: 'NewSchedule', description: 'A schedule to create.' });
export type NewSchedule = z.infer<typeof NewSchedule>;

export const ScheduleChange = z
  .strictObject({
    displayName: DisplayName.optional(),
    schedule: CronExpression.optional(),
    timeZone: TimeZone.optional(),
    suspend: z.boolean().optional(),
    cadence: Cadence.optional().describe('When only `schedule` is given the cadence is inferred anew.'),
    ttl: Ttl.nullable().optional().describe('null: back to the default.'),
    template: ScheduleTemplate.optional().describe('Replaces the whole template.'),
  })
  .meta({ id: 'ScheduleChange', description: 'What to change; what is absent stays.' });
export type ScheduleChange = z.infer<typeof ScheduleChange>;

/** The first slot after `now`; an expression without one is refused, so that no schedule is enabled that never fires. */
export function firstSlot(schedule: { schedule: string; timeZone: string }, now: string): string {
  const slot = nextSlot(schedule.schedule, schedule.timeZone, now);
  if (slot === undefined) {
    throw ruleViolated(
      '/schedule',
      `"${schedule.schedule}" never fires (no date fits it); for month ends use days 28 to 31 with a matching month.`,
    );
  }
  return slot;
}

/** A changed schedule. Its next slot is computed anew from `now`: editing never makes a slot of the past fire. */
export function changedSchedule(known: Schedule, change: ScheduleChange, now: string): Schedule {
  const { ttl, nextFireAt: _, ...rest } = known;
  const nextTtl = change.ttl === undefined ? ttl : (change.ttl ?? undefined);
  const schedule = change.schedule ?? known.schedule;
  const timeZone = change.timeZone ?? known.timeZone;
  const suspend = change.suspend ?? known.suspend;
  const recurs = schedule !== known.schedule || timeZone !== known.timeZone || suspend !== known.suspend;
  const first = firstSlot({ schedule, timeZone }, now);
  const nextFireAt = suspend ? undefined : recurs ? first : known.nextFireAt;
  return {
    ...rest,
    schedule,
    timeZone,
    suspend,
    cadence: change.cadence ?? (change.schedule === undefined ? known.cadence : inferCadence(schedule)),
    template: change.template ?? known.template,
    ...(change.displayName !== undefined && { displayName: change.displayName }),
    ...(nextTtl !== undefined && { ttl: nextTtl }),
    ...(nextFireAt !== undefined && { nextFireAt }),
    updatedAt: now,
  };
}
