/**
 * How long a copy is kept. The first of these that gives a time to live decides: the request, the schedule, the
 * organization's override for the class and cadence, the class's default for the cadence, the service's. It is decided once, when
 * the Operation is made, and stored with its source.
 */
import { z } from 'zod';
import { GivenTtl, Ttl, ttlHours } from '../../kernel/rules/duration.ts';
import type { Cadence } from '../../time/rules/cadence.ts';

const byCadence = <Kept extends z.ZodType>(ttl: Kept) => ({
  hourly: ttl,
  daily: ttl,
  weekly: ttl,
  monthly: ttl,
  yearly: ttl,
  custom: ttl,
  onDemand: ttl,
});
const description =
  'Default times to live of copies, by the cadence of the schedule that makes them. `onDemand` is for backups that a request makes.';

/** Of a row or an answer. */
export const Retention = z.strictObject(byCadence(Ttl.optional())).meta({ id: 'Retention', description });
export type Retention = z.infer<typeof Retention>;

/** Of a request that gives the whole set. */
export const GivenRetention = z
  .strictObject(byCadence(GivenTtl.optional()))
  .meta({ id: 'GivenRetention', description });

/** Of a request that changes some of them. */
export const RetentionChange = z.strictObject(byCadence(GivenTtl.nullable().optional())).meta({
  id: 'RetentionChange',
  description: 'Times to live to change, by cadence. Absent: it stays. null: it is removed.',
});

/** Copies of a year are kept for three; a month would leave none for eleven months. */
const yearly = '26352h';
const others = '720h';

export const defaultRetention: Retention = {
  hourly: '24h',
  daily: '720h',
  weekly: '2016h',
  monthly: '8760h',
  yearly,
  onDemand: '720h',
};

export const TtlSource = z
  .enum(['request', 'schedule', 'organization', 'applicationClass', 'default', 'cluster', 'velero'])
  .meta({
    id: 'TtlSource',
    description:
      "The source of the time to live. request: the request. schedule: the schedule. organization: the organization's override for the application class. applicationClass: the class. default: the service's default (720h; 26352h, three years, for the cadence yearly). cluster and velero are for Operations with origin cluster. cluster: the ttl that was applied there, in whole hours. velero: Velero's own default of 720h.",
  });
export type TtlSource = z.infer<typeof TtlSource>;

export interface ResolvedTtl {
  readonly ttl: Ttl;
  readonly ttlSource: TtlSource;
}

export function resolveTtl(wanted: {
  readonly request?: Ttl | undefined;
  readonly schedule?: Ttl | undefined;
  readonly cadence: Cadence | 'onDemand';
  readonly override?: Retention | undefined;
  readonly classRetention?: Retention | undefined;
}): ResolvedTtl {
  if (wanted.request !== undefined) return { ttl: wanted.request, ttlSource: 'request' };
  if (wanted.schedule !== undefined) return { ttl: wanted.schedule, ttlSource: 'schedule' };
  const override = wanted.override?.[wanted.cadence];
  if (override !== undefined) return { ttl: override, ttlSource: 'organization' };
  const ofClass = wanted.classRetention?.[wanted.cadence];
  if (ofClass !== undefined) return { ttl: ofClass, ttlSource: 'applicationClass' };
  return { ttl: wanted.cadence === 'yearly' ? yearly : others, ttlSource: 'default' };
}

export const keptNote =
  'Existing copies keep the time to live with which they were made. Copies made from now on follow the change.';

const longestHours: readonly (readonly [Cadence, number])[] = [
  ['hourly', 1],
  ['daily', 24],
  ['weekly', 168],
  ['monthly', 744],
  ['yearly', 8784],
];

/** About times to live that are shorter than the time between two slots of their cadence. */
export function retentionOfCadenceWarnings(retention: Retention): readonly string[] {
  return longestHours.flatMap(([cadence, hours]) => {
    const ttl = retention[cadence];
    return ttl === undefined || ttlHours(ttl) >= hours
      ? []
      : [
          `retention.${cadence} (${ttl}) is shorter than the time between two slots (${hours}h): there would be times without any copy. Make it at least ${hours}h, better ${2 * hours}h.`,
        ];
  });
}
