/**
 * How long a copy is kept. The first of these that gives a time to live decides: the request, the schedule, the
 * organization's override for the class and cadence, the class's default for the cadence, 720h. It is decided once, when
 * the Operation is made, and stored with its source.
 */
import { z } from 'zod';
import { Ttl } from '../../kernel/rules/duration.ts';
import type { Cadence } from '../../time/rules/recurrence.ts';

export const Retention = z
  .strictObject({
    hourly: Ttl.optional(),
    daily: Ttl.optional(),
    weekly: Ttl.optional(),
    monthly: Ttl.optional(),
    yearly: Ttl.optional(),
    custom: Ttl.optional(),
    onDemand: Ttl.optional(),
  })
  .meta({
    id: 'Retention',
    description:
      'Default times to live of copies, by the cadence of the schedule that makes them. `onDemand` is for backups that a request makes.',
  });
export type Retention = z.infer<typeof Retention>;

export const defaultRetention: Retention = {
  hourly: '24h',
  daily: '720h',
  weekly: '2016h',
  monthly: '8760h',
  onDemand: '720h',
};

export const TtlSource = z
  .enum(['request', 'schedule', 'organization', 'applicationClass', 'default', 'cluster', 'velero'])
  .meta({
    id: 'TtlSource',
    description:
      "The source of the time to live. request: the request. schedule: the schedule. organization: the organization's override for the application class. applicationClass: the class. default: the service's default of 720h. cluster and velero are for Operations with origin cluster. cluster: the ttl that was applied there, in whole hours. velero: Velero's own default of 720h.",
  });
export type TtlSource = z.infer<typeof TtlSource>;

export interface ResolvedTtl {
  readonly ttl: Ttl;
  readonly ttlSource: TtlSource;
}

const fallback: ResolvedTtl = { ttl: '720h', ttlSource: 'default' };

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
  return fallback;
}
