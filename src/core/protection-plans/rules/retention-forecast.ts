/** What a forecast of retention is asked with, and what it answers: sizes in decimal GB, prices without a currency. */
import { z } from 'zod';
import { Ttl } from '../../kernel/rules/duration.ts';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { CronExpression, TimeZone } from '../../time/rules/recurrence.ts';

/** As far ahead as is looked: twenty years. */
export const maxHorizonDays = 7_305;
export const maxForecastPoints = 400;
export const maxForecastSchedules = 50;

const GB = z.number().min(0).max(1e9);
const DeltaGB = GB.describe('GB (10⁹ bytes) that a further copy adds: what changed since the copy before.');

export const ForecastSchedule = z
  .strictObject({
    name: DnsLabel.optional().describe('For the answer. Default: schedule-1, schedule-2 and so on.'),
    schedule: CronExpression,
    timeZone: TimeZone.optional().describe('Default: that of the request.'),
    ttl: Ttl,
    startsAt: Instant.optional().describe('No slot before. Default: `from`.'),
    deltaGB: DeltaGB.optional(),
  })
  .meta({ id: 'ForecastSchedule', description: 'A recurrence, and how long its copies are kept.' });
export type ForecastSchedule = z.infer<typeof ForecastSchedule>;

export const NewRetentionForecast = z
  .strictObject({
    schedules: z
      .array(ForecastSchedule)
      .min(1)
      .max(maxForecastSchedules)
      .optional()
      .describe('What to forecast; or a protection plan.'),
    protectionPlanId: Id.optional().describe('A protection plan, by its id.'),
    protectionPlanName: DnsLabel.optional().describe('A protection plan, by its name.'),
    deltaGBByEntry: z
      .record(DnsLabel, GB)
      .optional()
      .describe('deltaGB of the entries of the protection plan, by their names.'),
    timeZone: TimeZone.optional().describe('For schedules that name none. Default Etc/UTC, or that of the plan.'),
    from: Instant.optional().describe('There is no copy before. Default: now.'),
    horizonDays: z
      .int()
      .min(1)
      .max(maxHorizonDays)
      .optional()
      .describe('How far to look. Default: until the number of copies grows no more, at most twenty years.'),
    maxPoints: z
      .int()
      .min(2)
      .max(maxForecastPoints)
      .optional()
      .describe('How many dates to answer at most. Default 100.'),
    collectionDelayHours: z
      .int()
      .min(0)
      .max(168)
      .optional()
      .describe('Hours that an expired copy is still there. Default 0; Velero collects hourly: 1 is its worst case.'),
    firstCopyGB: GB.optional().describe('GB of one whole copy. Without it no storage is told.'),
    deltaGB: DeltaGB.optional().describe('For schedules that name none. Default 0.'),
    pricePerGBMonth: z
      .number()
      .min(0)
      .max(1e6)
      .optional()
      .describe('What a GB costs a month, in any currency. Without it no cost is told.'),
  })
  .meta({ id: 'NewRetentionForecast', description: 'What to forecast.' });
export type NewRetentionForecast = z.infer<typeof NewRetentionForecast>;

const counts = {
  copies: z.int().min(0),
  copiesBySchedule: z.array(z.int().min(0)).describe('In the order of the schedules.'),
  storageGB: z.number().optional().describe('GB, when firstCopyGB was given.'),
  costPerMonth: z.number().optional().describe('storageGB at pricePerGBMonth, when both are known.'),
};

export const ForecastPoint = z
  .object({ at: Instant, ...counts })
  .meta({ id: 'ForecastPoint', description: 'The copies that exist at one moment.' });
export type ForecastPoint = z.infer<typeof ForecastPoint>;

export const SteadyState = z
  .object({
    reachedAt: Instant.describe('When every schedule has had its first copy expire.'),
    ...counts,
    minimumCopies: z
      .int()
      .describe('The fewest in the year after, which is looked at every 23 hours: fewer in a month of a leap year.'),
    maximumCopies: z.int().describe('The most in that year.'),
  })
  .meta({
    id: 'SteadyState',
    description: 'Where the number of copies ends: as it is most of the time in the year after it is reached.',
  });
export type SteadyState = z.infer<typeof SteadyState>;

export const RetentionForecast = z
  .object({
    schedules: z.array(ForecastSchedule).describe('What was looked at, with the defaults filled in.'),
    steadyState: SteadyState.optional().describe('Absent when it is more than twenty years away.'),
    points: z.array(ForecastPoint).describe('In order, at even distances, the first at `from`.'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RetentionForecast', description: 'How many copies there will be, and what they take up and cost.' });
export type RetentionForecast = z.infer<typeof RetentionForecast>;
