/**
 * A schedule: which application is backed up when, with which parameters, and how long the copies are kept.
 *
 * A schedule keeps two times. `nextSlotAt` is the first slot that the ledger does not account for. `nextFireAt` is when
 * the scheduler looks at the schedule next: that slot with its place in the spread, the end of a wait, or the time to
 * resume. A slot that waits stays the first one that is not accounted for; its row in the ledger says `Deferred` until
 * it is decided.
 */

import { z } from 'zod';
import { BackupParameters } from '../../applications/rules/parameters.ts';
import { GivenTtl, Ttl } from '../../kernel/rules/duration.ts';
import { DisplayName, GivenInstant, given, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Engine } from '../../kernel/rules/operation-type.ts';
import { Cadence, inferCadence } from '../../time/rules/cadence.ts';
import { CronExpression, GivenCronExpression } from '../../time/rules/cron/cron-expression.ts';
import { shifted, spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { GivenTimeZone, TimeZone } from '../../time/rules/time-zone.ts';
import { conditionFields } from './broken/conditions.ts';
import { FireReason } from './ledger.ts';
import { outcomeFields } from './schedule-outcome.ts';

const ScheduleTemplate = z
  .strictObject({
    type: z.enum(['Backup']).optional().meta({ description: 'The only type that recurs.', default: 'Backup' }),
    engine: Engine.optional().meta({ default: 'velero' }),
    parameters: BackupParameters.optional().describe("They go over the application class's defaults, key by key."),
  })
  .meta({ id: 'ScheduleTemplate', description: 'The Operation that each fire makes.' });

const ConcurrencyPolicy = z.enum(['Forbid', 'Allow', 'Replace']).meta({
  id: 'ConcurrencyPolicy',
  description:
    'What happens to a slot while the Operation of the slot before has not ended. Forbid: the slot waits until that Operation has ended, the deadline of the slot passes, or the next slot takes its place. Allow: both run. Replace: the Operation before is cancelled.',
});

const MissedFires = z.enum(['Latest', 'All', 'None']).meta({
  id: 'MissedFires',
  description:
    'What happens to slots that passed while nothing could fire. Latest: the newest one within its deadline is fired, and the others are coalesced. All: each one within its deadline is fired, at most the newest 100. None: they are skipped.',
});

const FailurePolicy = z
  .strictObject({
    action: z
      .enum(['None', 'Alert', 'Suspend'])
      .describe(
        'Suspend: the schedule is suspended, with the reason. Alert: a warning event is recorded. None: nothing happens.',
      ),
    after: z
      .int()
      .min(1)
      .max(100)
      .describe('How many Operations in a row must fail. After as many further failures the action is taken again.'),
  })
  .meta({ id: 'FailurePolicy', description: 'What happens when Operations of the schedule fail repeatedly.' });

const SpreadSeconds = z
  .int()
  .min(0)
  .max(604_800)
  .describe(
    'A window, in seconds, over which schedules are distributed. Each schedule fires at its own stable time within the window after the slot.',
  );
const StartingDeadlineSeconds = z
  .int()
  .min(1)
  .max(31_622_400)
  .describe(
    'A slot that could not be fired within this time after it was due is skipped. In seconds. Default: no deadline.',
  );
const SuspendReason = z.string().min(1).max(500).describe('Why it is suspended, for people.');

/** `Moment` is `GivenInstant` in a request, and `Instant` in a row and its answer. */
const recurrenceWith = (Moment: typeof Instant) => ({
  schedule: CronExpression.optional().describe('The recurrence. Give this or `at`.'),
  at: Moment.optional().describe('A single time, instead of a recurrence.'),
  startsAt: Moment.optional().describe('There is no slot before this time.'),
  endsAt: Moment.optional().describe('There is no slot after this time.'),
  spreadSeconds: SpreadSeconds.optional(),
  startingDeadlineSeconds: StartingDeadlineSeconds.optional(),
  failurePolicy: FailurePolicy.optional(),
});

/** The fields of its row. */
export const StoredSchedule = z.object({
  id: Id,
  organizationId: Id,
  applicationInstanceId: Id,
  clusterId: Id,
  name: DnsLabel.describe('Unique among the schedules of the application instance.'),
  displayName: DisplayName.optional(),
  ...recurrenceWith(Instant),
  timeZone: TimeZone,
  concurrencyPolicy: ConcurrencyPolicy,
  missedFires: MissedFires,
  suspend: z.boolean().describe('true: the schedule does not fire.'),
  suspendReason: SuspendReason.optional(),
  resumeAt: Instant.optional().describe('When a suspended schedule resumes by itself.'),
  cadence: Cadence,
  ttl: Ttl.optional().describe(
    'How long its copies are kept. It goes over the defaults of the organization and of the application class.',
  ),
  template: ScheduleTemplate,
  nextSlotAt: Instant.optional().describe(
    'The first slot that the ledger does not account for. Absent when no slot is left.',
  ),
  accountedUntil: Instant.optional().describe('The ledger accounts for every slot up to this one.'),
  deferredReason: FireReason.optional().describe('Why the slot `nextSlotAt` waits. Absent when it does not wait.'),
  nextFireAt: Instant.optional().describe(
    'When the scheduler looks at it next: the slot with its spread, the end of a wait, or `resumeAt`. Absent while it is suspended without `resumeAt`, and when no slot is left.',
  ),
  lastFireAt: Instant.optional().describe('The slot of the last fire.'),
  protectionPlanId: Id.optional().describe(
    'The protection plan that made the schedule, keeps it up to date, and sets its recurrence and ttl.',
  ),
  protectionPlanEntry: z.string().optional().describe('The name of the entry of that protection plan.'),
  createdAt: Instant,
  updatedAt: Instant,
  revision: Revision,
});

export const Schedule = StoredSchedule.extend({ ...conditionFields, ...outcomeFields }).meta({
  id: 'Schedule',
  description: 'A recurring backup of one application instance.',
});
export type Schedule = z.infer<typeof Schedule>;

export const SavedSchedule = StoredSchedule.extend({
  warnings: z.array(z.string()).describe('Warnings: the request was accepted, but probably does not do what you want.'),
}).meta({ id: 'SavedSchedule', description: 'A schedule as it was saved.' });

export const ResumedSchedule = Schedule.extend({
  skippedSlotCount: z
    .int()
    .min(0)
    .describe('How many slots passed during the suspension and are in the ledger as skipped.'),
  firstSkippedAt: Instant.optional().describe('The first of them.'),
  lastSkippedAt: Instant.optional().describe('The last of them.'),
  note: z.string().describe('The same facts, and when it fires next, for people.'),
}).meta({ id: 'ResumedSchedule', description: 'A schedule that was resumed, and what passed meanwhile.' });
export type ResumedSchedule = z.infer<typeof ResumedSchedule>;

export const NewSchedule = z
  .strictObject({
    applicationInstanceId: Id,
    name: DnsLabel.describe('Unique among the schedules of the application instance.'),
    displayName: DisplayName.optional(),
    ...recurrenceWith(GivenInstant),
    schedule: GivenCronExpression.optional().describe('The recurrence. Give this or `at`.'),
    spreadSeconds: SpreadSeconds.optional().meta({ default: 0 }),
    timeZone: GivenTimeZone.optional().meta({ default: 'Etc/UTC' }),
    concurrencyPolicy: ConcurrencyPolicy.optional().meta({ default: 'Forbid' }),
    missedFires: MissedFires.optional().meta({ default: 'Latest' }),
    suspend: z.boolean().optional().meta({ description: 'true: the schedule does not fire.', default: false }),
    cadence: Cadence.optional().describe('Default: inferred from the recurrence.'),
    ttl: GivenTtl.optional().describe(
      "Default: the ttl for its cadence of the organization's override, else of the application class, else the service's (720h; 26352h for yearly).",
    ),
    template: ScheduleTemplate.optional(),
  })
  .meta({ id: 'NewSchedule', description: 'A schedule to create.' });
export type NewSchedule = z.infer<typeof NewSchedule>;

export const ScheduleChange = z
  .strictObject({
    displayName: DisplayName.optional(),
    schedule: GivenCronExpression.optional(),
    timeZone: GivenTimeZone.optional(),
    startsAt: GivenInstant.nullable().optional().describe('null: no bound.'),
    endsAt: GivenInstant.nullable().optional().describe('null: no bound.'),
    spreadSeconds: SpreadSeconds.optional(),
    concurrencyPolicy: ConcurrencyPolicy.optional(),
    startingDeadlineSeconds: StartingDeadlineSeconds.nullable().optional().describe('null: no deadline.'),
    missedFires: MissedFires.optional(),
    failurePolicy: FailurePolicy.optional(),
    suspend: z
      .boolean()
      .optional()
      .describe(
        'true suspends and false resumes the schedule, as the actions suspend and resume do. Those also take a reason.',
      ),
    cadence: Cadence.optional().describe('If `schedule` is given without a cadence, the cadence is inferred from it.'),
    ttl: GivenTtl.nullable().optional().describe('null: the default applies.'),
    template: ScheduleTemplate.optional().describe(
      'Replaces the whole template; `warnings` in the answer names what is no longer set.',
    ),
  })
  .meta({ id: 'ScheduleChange', description: 'The fields to change; absent fields stay as they are.' });
export type ScheduleChange = z.infer<typeof ScheduleChange>;

/** When the slot is due: its time plus the schedule's place in the spread. */
export function dueAt(schedule: Pick<Schedule, 'id' | 'spreadSeconds'>, slot: string): string {
  return shifted(slot, spreadOffsetSeconds(schedule.id, schedule.spreadSeconds));
}

/** The schedule with its changed fields. The caller sets `nextSlotAt` and `nextFireAt`, which follow from them. */
export function withChange(known: Schedule, change: ScheduleChange, now: string): Schedule {
  const { ttl, startsAt, endsAt, startingDeadlineSeconds, ...plain } = change;
  const nullable = { ttl, startsAt, endsAt, startingDeadlineSeconds };
  const cleared = Object.entries(nullable)
    .filter(([, value]) => value === null)
    .map(([key]) => key);
  const kept = Object.fromEntries(Object.entries(known).filter(([key]) => !cleared.includes(key))) as Schedule;
  const set = Object.fromEntries(Object.entries(nullable).filter(([, value]) => value !== null));
  const cadence = change.cadence ?? (change.schedule === undefined ? known.cadence : inferCadence(change.schedule));
  return { ...kept, ...given(plain), ...given(set), cadence, updatedAt: now };
}

const left = {
  copyCount: z
    .int()
    .min(0)
    .describe('How many copies it made that have not expired. Each stays until its own ttl has passed.'),
  lastCopyExpiresAt: Instant.optional().describe('When the last of these copies expires. Absent without copies.'),
  inFlightCount: z.int().min(0).describe('How many of its Operations have not ended. They go on.'),
};
export const RemovedSchedule = z
  .object({ id: Id, name: z.string(), ...left, note: z.string().describe('The same facts, for people.') })
  .meta({ id: 'RemovedSchedule', description: 'The copies and Operations that stay after a schedule was removed.' });
export type RemovedSchedule = z.infer<typeof RemovedSchedule>;

export function afterRemoval({
  copyCount,
  lastCopyExpiresAt,
  inFlightCount,
}: Pick<RemovedSchedule, keyof typeof left>): string {
  const copies =
    copyCount === 0
      ? 'It has no copies.'
      : copyCount === 1
        ? `Its copy stays until ${lastCopyExpiresAt}.`
        : `Its ${copyCount} copies stay, each until its own ttl has passed, the last until ${lastCopyExpiresAt}.`;
  const flying =
    inFlightCount === 0 ? '' : ` ${inFlightCount} of its Operations ${inFlightCount === 1 ? 'goes' : 'go'} on.`;
  return `The schedule fires no more. ${copies}${flying} Its ledger stays.`;
}
