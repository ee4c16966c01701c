/** The facts that protection is judged from: one row an application, one statement for any number of applications. */

import { z } from 'zod';
import { Condition } from '../../core/kernel/rules/condition.ts';
import { Phase } from '../../core/operations/rules/operation.ts';
import { waitingOf } from '../../core/operations/rules/waiting.ts';
import type { KnownProtection } from '../../core/protection/ports.ts';
import { ProtectionStatus } from '../../core/protection/rules/protection.ts';
import { Cadence } from '../../core/time/rules/cadence.ts';
import { jsonObjectOf } from '../kit/rows/columns.ts';
import { At, nullAsAbsent } from '../kit/rows/json.ts';
import { snakeCase } from '../kit/rows/shape.ts';
import { copyObject, hasCopy, hasGoodCopy, isEmptyCopy, isPartial, isThere, itemCount } from '../operations/copies.ts';
import { blockedMessage, blockedSince, endedAndBlocked } from '../operations/findings.ts';
import { isOpen } from '../operations/open.ts';
import { backupsWaiting } from '../operations/restore-waits.ts';
import { copyExpiresAt, isStillThere } from '../velero/words.ts';

const maybe = nullAsAbsent;
const MaybeAt = maybe(At);
/** What was recorded last of an application's protection. */
export const Told = z.object({
  status: ProtectionStatus,
  since: At,
  expiringOperationId: maybe(z.string()),
  revision: z.int(),
});

const Copy = z.object({ operationId: z.string(), startedAt: At, finishedAt: At, expiresAt: At });
const FiringSchedule = z.object({
  id: z.string(),
  name: z.string(),
  cadence: Cadence,
  schedule: maybe(z.string()),
  at: MaybeAt,
  timeZone: z.string(),
  startsAt: MaybeAt,
  endsAt: MaybeAt,
  spreadSeconds: maybe(z.int()),
  suspend: z.boolean(),
  nextFireAt: MaybeAt,
  createdAt: At,
  updatedAt: At,
  lastGood: maybe(Copy),
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
    .array(FiringSchedule)
    .nullish()
    .transform((schedules) => schedules ?? []),
  lastGood: maybe(Copy),
  restorableUntil: MaybeAt,
  lastAttempt: maybe(
    z.object({ operationId: z.string(), phase: Phase, partial: z.boolean(), createdAt: At, finishedAt: MaybeAt }),
  ),
  lastEnded: maybe(z.object({ operationId: z.string(), outcome: z.enum(['Good', 'Partial', 'Empty', 'Failed']) })),
  inFlight: maybe(
    z
      .object({
        since: At,
        phase: Phase,
        createdAt: At,
        deliveredAt: MaybeAt,
        conditions: z.array(Condition),
        clusterConditions: z.array(Condition),
        throttledUntil: MaybeAt,
      })
      .transform(({ since, phase, createdAt, deliveredAt, conditions, clusterConditions, throttledUntil }) => ({
        since,
        delivered: deliveredAt !== undefined || phase === 'Running',
        waiting: waitingOf(
          { phase, createdAt, deliveredAt, conditions },
          { conditions: clusterConditions, throttledUntil },
        ),
      })),
  ),
  itemCounts: z
    .array(z.number())
    .nullish()
    .transform((counts) => counts ?? []),
  restoreWait: maybe(z.object({ name: z.string(), since: At, limitSeconds: z.int() })),
  blockedRestore: maybe(z.object({ name: z.string(), since: At, message: z.string() })),
  askedCopyAt: MaybeAt,
});
const MaybeTold = maybe(Told);

const ofInstance = 'o.application_instance_id = i.id';
const { suspend: _suspend, nextFireAt: _fires, lastGood: _copy, ...own } = FiringSchedule.shape;
const ownFields = Object.keys(own)
  .map((field) => `'${field}', s.${snakeCase(field)}`)
  .join(', ');
/** The last good copy is compared with those of the same schedule among the newest ones. */
const comparedCopies = 6;
const lookedAtCopies = 30;

/**
 * `$1` is now; `chosen` narrows `i`, the application instance. Every part is the head of an index, or a handful of
 * rows. A suspended cluster or organization suspends all its schedules.
 */
export function factsWhere(chosen: string): string {
  return `
  select i.id as "applicationInstanceId", i.organization_id as "organizationId", i.cluster_id as "clusterId",
         i.application_class_id as "applicationClassId", i.namespace, i.name, i.created_at as "createdAt",
         c.recovery_point_target_seconds as "targetSeconds", s.schedules, coalesce(good.copy, expired.copy) as "lastGood",
         restorable.until as "restorableUntil", attempt.tried as "lastAttempt", ended.ended as "lastEnded", flight.backup as "inFlight",
         alike.counts as "itemCounts", good.asked_at as "askedCopyAt",
         waited.wait as "restoreWait", blocked.again as "blockedRestore",
         case when p.revision is not null then ${jsonObjectOf(Told.shape, 'p')} end as told
  from application_instance i
  join application_class c on c.id = i.application_class_id
  join cluster k on k.id = i.cluster_id
  join organization g on g.id = i.organization_id
  left join protection p on p.application_instance_id = i.id
  left join lateral (
    select json_agg(json_build_object(${ownFields}, 'suspend', s.suspend or k.suspend or g.suspend,
      'nextFireAt', case when not k.suspend and not g.suspend then s.next_fire_at end, 'lastGood', brought.copy) order by s.id) as schedules
    from schedule s
    left join lateral (
      select ${copyObject('o')} as copy from operation o
      where o.schedule_id = s.id and ${hasGoodCopy('o', 'k')} order by o.scheduled_for desc limit 1
    ) brought on true
    where s.application_instance_id = i.id and s.deleted_at is null
  ) s on true
  left join lateral (
    select ${copyObject('o')} as copy, o.schedule_id, ${itemCount('o')} as items, case when o.schedule_id is null then coalesce(o.started_at, o.created_at) end as asked_at
    from operation o where ${ofInstance} and ${hasGoodCopy('o', 'k')} and o.expires_at > $1 and ${isStillThere('o', '$1')} order by o.id desc limit 1
  ) good on true
  left join lateral (
    select ${copyObject('o')} as copy from operation o
    where good.copy is null and ${ofInstance} and ${hasGoodCopy('o', 'k')} and (o.expires_at <= $1 or ${copyExpiresAt('o')} <= $1) order by o.id desc limit 1
  ) expired on true
  left join lateral (
    select ${copyExpiresAt('o')} as until from operation o
    where ${ofInstance} and ${hasCopy('o')} and ${isThere('o', 'k')} and not ${isEmptyCopy('o')} and o.expires_at > $1 and ${isStillThere('o', '$1')} order by o.id desc limit 1
  ) restorable on true
  left join lateral (
    select json_build_object('operationId', o.id, 'phase', o.phase, 'partial', ${isPartial('o')}, 'createdAt', o.created_at, 'finishedAt', o.finished_at) as tried
    from operation o where o.application_instance_id = i.id and o.type = 'Backup' order by o.id desc limit 1
  ) attempt on true
  left join lateral (
    select json_build_object('operationId', o.id, 'outcome', case when o.phase = 'Failed' then 'Failed' when ${isPartial('o')} then 'Partial' when ${isEmptyCopy('o')} then 'Empty' else 'Good' end) as ended
    from operation o where o.application_instance_id = i.id and o.type = 'Backup' and o.phase in ('Succeeded', 'Failed') order by o.id desc limit 1
  ) ended on true
  left join lateral (
    select json_build_object('since', coalesce(o.started_at, o.created_at), 'phase', o.phase, 'createdAt', o.created_at, 'deliveredAt', o.delivered_at,
      'conditions', o.conditions, 'clusterConditions', k.conditions, 'throttledUntil', case when k.throttled_until > $1 then k.throttled_until end) as backup
    from operation o
    where o.application_instance_id = i.id and o.type = 'Backup' and o.phase in ('Pending', 'Running')
    order by coalesce(o.started_at, o.created_at) limit 1
  ) flight on true
  left join lateral (
    select json_build_object('name', r.name, 'since', w.since, 'limitSeconds', c.restore_wait_seconds) as wait
    from operation r cross join lateral (${backupsWaiting('i.id')}) w
    where r.application_instance_id = i.id and r.type = 'Restore' and ${isOpen('r')} and w.since is not null
    order by r.id limit 1
  ) waited on true
  left join lateral (
    select json_build_object('name', o.name, 'since', ${blockedSince}, 'message', ${blockedMessage}) as again
    from ${endedAndBlocked} and ${ofInstance} and o.type = 'Restore' order by o.id desc limit 1
  ) blocked on true
  left join lateral (
    select json_agg(items order by id desc) as counts from (
      select id, items from (
        select o.id, ${itemCount('o')} as items, o.schedule_id is not distinct from good.schedule_id and ${hasGoodCopy('o', 'k')} as alike
        from operation o where good.items is not null and ${ofInstance} and ${hasCopy('o')} order by o.id desc limit ${lookedAtCopies}
      ) newest where alike and items is not null order by id desc limit ${comparedCopies}
    ) compared
  ) alike on true
  where i.retired_at is null and ${chosen}`;
}

export function knownProtection(row: { readonly told?: unknown }): KnownProtection {
  return { facts: Facts.parse(row), recorded: MaybeTold.parse(row.told) };
}
