/**
 * A protection plan: a named set of schedules and how long their copies are kept. The schedules of the application
 * instances to which it is applied follow it (reconcile-schedules.ts). Two protection plans are built in: they are code
 * and no rows, exist for every organization and application class, and cannot be changed.
 */
import { z } from 'zod';
import { GivenTtl, Ttl } from '../../kernel/rules/duration.ts';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { type FieldError, Refusal } from '../../kernel/rules/problem.ts';
import {
  recurrenceWarnings,
  retentionWarnings,
  shortRetention,
} from '../../scheduling/rules/recurrence/recurrence-warnings.ts';
import { Cadence, inferCadence } from '../../time/rules/cadence.ts';
import { CronExpression, GivenCronExpression } from '../../time/rules/cron/cron-expression.ts';
import { nextSlot } from '../../time/rules/recurrence.ts';
import { shortestGapSeconds } from '../../time/rules/slots.ts';
import { GivenTimeZone, TimeZone } from '../../time/rules/time-zone.ts';

const EntryName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be at most 50 of a-z, 0-9 and "-", alphanumeric at both ends')
  .describe('Unique in the protection plan. The schedule of the entry is called plan-<name>.');
const SpreadSeconds = z
  .int()
  .min(0)
  .max(604_800)
  .describe('A window, in seconds, over which the applications of the protection plan are distributed.');

export const NewProtectionPlanEntry = z
  .strictObject({
    name: EntryName,
    schedule: GivenCronExpression,
    cadence: Cadence.optional().describe('Default: inferred from the schedule.'),
    ttl: GivenTtl.describe(
      'How long each copy is kept. It must be at least the longest time between two slots; twice that is better.',
    ),
    spreadSeconds: SpreadSeconds.optional().meta({ default: 0 }),
  })
  .meta({ id: 'NewProtectionPlanEntry', description: 'One schedule of a protection plan.' });
export type NewProtectionPlanEntry = z.infer<typeof NewProtectionPlanEntry>;

export const ProtectionPlanEntry = z
  .object({
    name: EntryName,
    schedule: CronExpression,
    cadence: Cadence,
    ttl: Ttl,
    spreadSeconds: SpreadSeconds.optional(),
  })
  .meta({ id: 'ProtectionPlanEntry', description: 'One schedule of a protection plan.' });
export type ProtectionPlanEntry = z.infer<typeof ProtectionPlanEntry>;

export const StoredProtectionPlan = z.object({
  id: Id,
  organizationId: Id,
  name: DnsLabel.describe('Unique in the organization.'),
  displayName: DisplayName.optional(),
  applicationClassId: Id.optional().describe(
    'Only instances of this application class may have the protection plan. Absent: all may.',
  ),
  timeZone: TimeZone,
  entries: z.array(ProtectionPlanEntry),
  createdAt: Instant,
  updatedAt: Instant,
  revision: Revision,
});
export type StoredProtectionPlan = z.infer<typeof StoredProtectionPlan>;

export const ProtectionPlan = StoredProtectionPlan.extend({
  builtIn: z.boolean().describe('true: it exists for every organization and application class, and cannot be changed.'),
}).meta({ id: 'ProtectionPlan', description: 'A named set of schedules and how long their copies are kept.' });
export type ProtectionPlan = z.infer<typeof ProtectionPlan>;

export const SavedProtectionPlan = ProtectionPlan.extend({
  appliedCount: z.int().describe('To how many application instances it is applied. All of them follow it now.'),
  warnings: z
    .array(z.string())
    .describe(
      'Warnings: the request was accepted, but probably does not do what you want. After a change they also name things that were not found in the clusters that it reaches.',
    ),
  note: z.string().describe('Which copies the change affects, and which it does not.'),
}).meta({ id: 'SavedProtectionPlan', description: 'A protection plan as it was saved.' });
export type SavedProtectionPlan = z.infer<typeof SavedProtectionPlan>;

const Entries = z.array(NewProtectionPlanEntry).min(1).max(20);

export const NewProtectionPlan = z
  .strictObject({
    name: DnsLabel,
    displayName: DisplayName.optional(),
    applicationClassId: Id.optional().describe(
      'Only instances of this application class may have the protection plan. Default: all may.',
    ),
    timeZone: GivenTimeZone.optional().meta({ default: 'Etc/UTC' }),
    entries: Entries,
  })
  .meta({ id: 'NewProtectionPlan', description: 'A protection plan to create.' });
export type NewProtectionPlan = z.infer<typeof NewProtectionPlan>;

export const ProtectionPlanChange = z
  .strictObject({
    name: DnsLabel.optional(),
    displayName: DisplayName.optional(),
    timeZone: GivenTimeZone.optional(),
    entries: Entries.optional().describe('Replaces all entries. A schedule follows the entry of its name.'),
  })
  .meta({
    id: 'ProtectionPlanChange',
    description:
      'The fields to change; absent fields stay as they are. The application class cannot be changed. Either all application instances follow the change or none: it is refused when the cluster of one is known not to accept it.',
  });
export type ProtectionPlanChange = z.infer<typeof ProtectionPlanChange>;

export const keptNote =
  'Existing copies keep the time to live with which they were made. Copies made from now on follow the protection plan.';

const daily = (ttl: Ttl): ProtectionPlanEntry => ({ name: 'daily', schedule: '0 2 * * *', cadence: 'daily', ttl });
const weekly = (ttl: Ttl): ProtectionPlanEntry => ({ name: 'weekly', schedule: '0 3 * * 0', cadence: 'weekly', ttl });

const builtIns = [
  {
    id: '00000000-0000-7000-8000-000000000001',
    name: 'default',
    displayName: 'Hourly for a day, daily for 30 days, weekly for 12 weeks',
    entries: [{ name: 'hourly', schedule: '0 * * * *', cadence: 'hourly', ttl: '24h' }, daily('720h'), weekly('2016h')],
  },
  {
    id: '00000000-0000-7000-8000-000000000002',
    name: 'gfs-23',
    displayName: '23 copies: 7 daily, 4 weekly, 12 monthly',
    entries: [
      daily('168h'),
      weekly('672h'),
      { name: 'monthly', schedule: '0 4 1 * *', cadence: 'monthly', ttl: '8760h' },
    ],
  },
] as const;

/** The built-in protection plans, as this organization's. Their ids never change, and sort before all others. */
export function builtInProtectionPlans(organizationId: string): readonly ProtectionPlan[] {
  const at = '2026-11-21T00:00:00.000Z';
  return builtIns.map(({ entries, ...plan }) => ({
    ...plan,
    organizationId,
    timeZone: 'Etc/UTC',
    entries: [...entries],
    createdAt: at,
    updatedAt: at,
    revision: 1,
    builtIn: true,
  }));
}

export function entriesOf(given: readonly NewProtectionPlanEntry[]): ProtectionPlanEntry[] {
  return given.map(({ cadence, ...entry }) => ({ ...entry, cadence: cadence ?? inferCadence(entry.schedule) }));
}

type Found = { readonly errors: FieldError[]; readonly warnings: string[] };

/**
 * Refuses entries that share a name, never fire, fire too often, or leave times without any copy. Returns a warning for
 * each entry of which one failed run would leave no copy.
 */
export function checkEntries(
  { entries, timeZone }: Pick<StoredProtectionPlan, 'entries' | 'timeZone'>,
  now: string,
  minimumIntervalSeconds?: number,
): string[] {
  const found: Found = { errors: [], warnings: [] };
  for (const [index, entry] of entries.entries()) {
    const refuse = (field: string, detail: string) => {
      found.errors.push({ pointer: `/entries/${index}/${field}`, detail });
    };
    if (entries.findIndex(({ name }) => name === entry.name) < index)
      refuse('name', 'is the name of an earlier entry.');
    if (nextSlot(entry.schedule, timeZone, now) === undefined) {
      refuse('schedule', 'never fires (no date matches it).');
      continue;
    }
    checkGap(entry, shortestGapSeconds({ schedule: entry.schedule, timeZone }, now), minimumIntervalSeconds, refuse);
    found.warnings.push(...entryWarnings(entry, timeZone, now, refuse).map((warning) => `${entry.name}: ${warning}`));
  }
  const [only, ...others] = found.errors;
  if (only === undefined) return found.warnings;
  const summary = others.length === 0 ? `${only.pointer} ${only.detail}` : `${others.length + 1} fields break a rule.`;
  throw new Refusal('rule-violated', summary, { errors: found.errors });
}

function checkGap(
  { spreadSeconds = 0 }: ProtectionPlanEntry,
  gap: number | undefined,
  minimumIntervalSeconds: number | undefined,
  refuse: (field: string, detail: string) => void,
): void {
  if (gap === undefined) return;
  if (spreadSeconds > gap)
    refuse('spreadSeconds', `is longer than the ${gap} s between slots. Make it at most ${gap}.`);
  if (minimumIntervalSeconds !== undefined && gap < minimumIntervalSeconds) {
    const detail = `fires every ${gap} s; the organization allows one fire every ${minimumIntervalSeconds} s at most.`;
    refuse('schedule', detail);
  }
}

/** A plan promises protection, so an entry that leaves times without any copy is refused. */
function entryWarnings(
  { schedule, ttl }: ProtectionPlanEntry,
  timeZone: string,
  now: string,
  refuse: (field: string, detail: string) => void,
): string[] {
  const recurrence = { schedule, timeZone };
  const short = shortRetention(schedule, ttl);
  if (short?.leavesNone !== true)
    return [...recurrenceWarnings(recurrence, now), ...retentionWarnings(recurrence, ttl, now)];
  refuse('ttl', short.detail);
  return [];
}
