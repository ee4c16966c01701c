/** The facts that protection is judged from: one row an application, one statement for any number of applications. */

import { z } from 'zod';
import { Phase } from '../../core/operations/rules/operation.ts';
import type { KnownProtection } from '../../core/protection/ports.ts';
import { ProtectionStatus } from '../../core/protection/rules/protection.ts';
import { jsonObjectOf } from '../kit/columns.ts';
import { copyFinishedAt, hasCopy } from './recovery-points.ts';

const At = z.union([z.date(), z.string()]).transform((at) => new Date(at).toISOString());
const MaybeAt = At.nullish().transform((at) => at ?? undefined);
/** What was recorded last of an application's protection. */
export const Told = z.object({
  status: ProtectionStatus,
  since: At,
  expiringOperationId: maybe(z.string()),
  revision: z.int(),
});

const Facts = z.object({
  applicationInstanceId: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationClassId: z.string(),
  namespace: z.string(),
  name: z.string(),
  createdAt: At,
  targetSeconds: maybe(z.int()),
  schedules: z
    .array(z.object({ schedule: maybe(z.string()), suspend: z.boolean(), nextFireAt: MaybeAt, createdAt: At }))
    .nullish()
    .transform((schedules) => schedules ?? []),
  lastGood: maybe(z.object({ operationId: z.string(), startedAt: At, finishedAt: At, expiresAt: At })),
  restorableUntil: MaybeAt,
  lastAttempt: maybe(
    z.object({ operationId: z.string(), phase: Phase, partial: z.boolean(), createdAt: At, finishedAt: MaybeAt }),
  ),
  lastEnded: maybe(z.object({ operationId: z.string(), outcome: z.enum(['Good', 'Partial', 'Failed']) })),
  inFlightSince: MaybeAt,
});
const MaybeTold = maybe(Told);

/** NULL is absence. */
function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

const degraded = `'[{"type": "Degraded", "status": "True"}]'::jsonb`;
const succeeded = `o.application_instance_id = i.id and ${hasCopy('o')}`;
const copy = `json_build_object('operationId', o.id, 'startedAt', coalesce(o.started_at, o.created_at), 'finishedAt', ${copyFinishedAt('o')}, 'expiresAt', o.expires_at)`;

/**
 * `$1` is now; `chosen` narrows `i`, the application instance. Every part is the head of an index, or a handful of
 * rows. A suspended cluster or organization suspends all its schedules.
 */
export function factsWhere(chosen: string): string {
  return `
  select i.id as "applicationInstanceId", i.organization_id as "organizationId", i.cluster_id as "clusterId",
         i.application_class_id as "applicationClassId", i.namespace, i.name, i.created_at as "createdAt",
         c.recovery_point_target_seconds as "targetSeconds", s.schedules, coalesce(good.copy, expired.copy) as "lastGood",
         restorable.until as "restorableUntil", attempt.tried as "lastAttempt", ended.ended as "lastEnded", flight.since as "inFlightSince",
         case when p.revision is not null then ${jsonObjectOf(Told.shape, 'p')} end as told
  from application_instance i
  join application_class c on c.id = i.application_class_id
  join cluster k on k.id = i.cluster_id
  join organization g on g.id = i.organization_id
  left join protection p on p.application_instance_id = i.id
  left join lateral (
    select json_agg(json_build_object('schedule', s.schedule, 'suspend', s.suspend or k.suspend or g.suspend, 'nextFireAt', case when not k.suspend and not g.suspend then s.next_fire_at end, 'createdAt', s.created_at)) as schedules
    from schedule s where s.application_instance_id = i.id and s.deleted_at is null
  ) s on true
  left join lateral (
    select ${copy} as copy from operation o
    where ${succeeded} and o.expires_at > $1 and not o.conditions @> ${degraded} order by o.id desc limit 1
  ) good on true
  left join lateral (
    select ${copy} as copy from operation o
    where good.copy is null and ${succeeded} and o.expires_at <= $1 and not o.conditions @> ${degraded} order by o.id desc limit 1
  ) expired on true
  left join lateral (
    select o.expires_at as until from operation o where ${succeeded} and o.expires_at > $1 order by o.id desc limit 1
  ) restorable on true
  left join lateral (
    select json_build_object('operationId', o.id, 'phase', o.phase, 'partial', o.conditions @> ${degraded}, 'createdAt', o.created_at, 'finishedAt', o.finished_at) as tried
    from operation o where o.application_instance_id = i.id and o.type = 'Backup' order by o.id desc limit 1
  ) attempt on true
  left join lateral (
    select json_build_object('operationId', o.id, 'outcome', case when o.phase = 'Failed' then 'Failed' when o.conditions @> ${degraded} then 'Partial' else 'Good' end) as ended
    from operation o where o.application_instance_id = i.id and o.type = 'Backup' and o.phase in ('Succeeded', 'Failed') order by o.id desc limit 1
  ) ended on true
  left join lateral (
    select min(coalesce(o.started_at, o.created_at)) as since from operation o
    where o.application_instance_id = i.id and o.type = 'Backup' and o.phase in ('Pending', 'Running')
  ) flight on true
  where ${chosen}`;
}

export function knownProtection(row: { readonly told?: unknown }): KnownProtection {
  return { facts: Facts.parse(row), recorded: MaybeTold.parse(row.told) };
}
