/** The request and the answer of a retention forecast. Sizes are in decimal GB, and prices have no currency. */
import { z } from 'zod';
import { GivenTtl, Ttl } from '../../kernel/rules/duration.ts';
import { GivenInstant, Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { CronExpression, GivenCronExpression } from '../../time/rules/cron/cron-expression.ts';
import { GivenTimeZone, TimeZone } from '../../time/rules/time-zone.ts';

/** A forecast looks twenty years ahead at most. */
export const maxHorizonDays = 7_305;
const maxForecastPoints = 400;
const maxForecastSchedules = 50;

const GB = z.number().min(0).max(1e9);
const DeltaGB = GB.describe('GB (10⁹ bytes) that each further copy adds: the data that changed since the copy before.');

export const ForecastSchedule = z
  .strictObject({
    name: DnsLabel.optional().describe(
      'The name of the schedule in the answer. Default: schedule-1, schedule-2 and so on.',
    ),
    schedule: GivenCronExpression,
    timeZone: GivenTimeZone.optional().describe('Default: the timeZone of the request.'),
    ttl: GivenTtl,
    startsAt: GivenInstant.optional().describe('The schedule has no slot before this time. Default: `from`.'),
    deltaGB: DeltaGB.optional(),
  })
  .meta({ id: 'ForecastSchedule', description: 'A recurrence, and how long its copies are kept.' });
export type ForecastSchedule = z.infer<typeof ForecastSchedule>;

const ForecastedSchedule = ForecastSchedule.extend({
  schedule: CronExpression,
  timeZone: TimeZone.optional(),
  ttl: Ttl,
}).meta({ id: 'ForecastedSchedule', description: 'A schedule of the forecast, with all defaults filled in.' });

export const NewRetentionForecast = z
  .strictObject({
    schedules: z
      .array(ForecastSchedule)
      .min(1)
      .max(maxForecastSchedules)
      .optional()
      .describe('The schedules to forecast. Give these, or a protection plan by its id or its name.'),
    protectionPlanId: Id.optional().describe('The protection plan to forecast, by its id.'),
    protectionPlanName: DnsLabel.optional().describe('The protection plan to forecast, by its name.'),
    deltaGBByEntry: z
      .record(DnsLabel, GB)
      .optional()
      .describe('deltaGB of entries of the protection plan, by the name of the entry.'),
    timeZone: GivenTimeZone.optional().describe(
      'The time zone of schedules that name none. Default: that of the protection plan, else Etc/UTC.',
    ),
    from: GivenInstant.optional().describe('When the forecast begins. There is no copy before. Default: now.'),
    horizonDays: z
      .int()
      .min(1)
      .max(maxHorizonDays)
      .optional()
      .describe(
        'How many days to look ahead. Default: until the number of copies grows no more, at most twenty years.',
      ),
    maxPoints: z
      .int()
      .min(2)
      .max(maxForecastPoints)
      .optional()
      .meta({ description: 'How many points the answer has at most.', default: 100 }),
    collectionDelayHours: z.int().min(0).max(168).optional().meta({
      description:
        'How many hours an expired copy still exists. Velero deletes expired copies hourly, so its worst case is 1.',
      default: 0,
    }),
    firstCopyGB: GB.optional().describe('The size of one full copy, in GB. Without it the answer has no storage.'),
    deltaGB: DeltaGB.optional().meta({ description: 'deltaGB of schedules that name none.', default: 0 }),
    pricePerGBMonth: z
      .number()
      .min(0)
      .max(1e6)
      .optional()
      .describe('The price of one GB for a month, in any currency. Without it the answer has no cost.'),
  })
  .meta({ id: 'NewRetentionForecast', description: 'The schedules, or the protection plan, to forecast.' });
export type NewRetentionForecast = z.infer<typeof NewRetentionForecast>;

const counts = {
  copies: z.int().min(0),
  copiesBySchedule: z.array(z.int().min(0)).describe('The copies of each schedule, in the order of `schedules`.'),
  storageGB: z.number().optional().describe('The storage, in GB. Absent without firstCopyGB.'),
  costPerMonth: z.number().optional().describe('storageGB times pricePerGBMonth. Absent when either is unknown.'),
};

export const ForecastPoint = z
  .object({ at: Instant, ...counts })
  .meta({ id: 'ForecastPoint', description: 'The copies that exist at one moment.' });
export type ForecastPoint = z.infer<typeof ForecastPoint>;

export const SteadyState = z
  .object({
    reachedAt: Instant.describe('When the first copy of every schedule has expired.'),
    ...counts,
    minimumCopies: z
      .int()
      .describe(
        'The fewest copies in the year after that, sampled every 23 hours. They are fewer in a month of a leap year, for example.',
      ),
    maximumCopies: z.int().describe('The most copies in that year.'),
  })
  .meta({
    id: 'SteadyState',
    description: 'The number of copies when it grows no more: the most frequent number in the year after that.',
  });
export type SteadyState = z.infer<typeof SteadyState>;

export const RetentionForecast = z
  .object({
    schedules: z.array(ForecastedSchedule).describe('The schedules of the forecast, with all defaults filled in.'),
    steadyState: SteadyState.optional().describe('Absent when it is more than twenty years away.'),
    points: z
      .array(ForecastPoint)
      .describe('The forecast over time, in order and at even distances. The first point is at `from`.'),
    warnings: z.array(z.string()),
  })
  .meta({
    id: 'RetentionForecast',
    description: 'How many copies there will be, how much storage they take, and what they cost.',
  });
export type RetentionForecast = z.infer<typeof RetentionForecast>;
