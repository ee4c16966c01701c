/**
 * Firing in bulk. A batch is one transaction of a few statements:
 *
 *   claim   the due schedules with what their plan needs, locked; those that another replica holds are passed over
 *   look    at what is around them: blackout windows, and the room in clusters that have a limit
 *   write   operations, ledger, events and the schedules' next slots, in one statement
 *
 * A kill before the commit leaves every schedule of the batch due; after it every slot has its Operation. The unique
 * key on (schedule, slot) holds even if both happen to be tried: nothing is written twice for a slot.
 */
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { BackupParameters } from '../../core/applications/rules/parameters.ts';
import { Retention } from '../../core/applications/rules/retention.ts';
import type { Emission } from '../../core/scheduling/ports.ts';
import { BlackoutWindow } from '../../core/scheduling/rules/blackout.ts';
import type { DueSchedule, Surroundings } from '../../core/scheduling/rules/due.ts';
import type { FirePlan } from '../../core/scheduling/rules/firing.ts';
import { FireReason } from '../../core/scheduling/rules/ledger.ts';
import { ConcurrencyPolicy, MissedFires, ScheduleTemplate } from '../../core/scheduling/rules/schedule.ts';
import { Cadence } from '../../core/time/rules/recurrence.ts';
import { eventColumns } from '../kit/events.ts';
import { camelRow, fromRow, snakeRow } from '../kit/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { vault } from '../kit/vault.ts';
import { operationColumns } from '../operations/columns.ts';
import { upsertFires } from './ledger.ts';

// Whoever claims schedules and falls silent (stopped, or cut off) gives them back soon: until then nobody else fires them.
const begin = `begin; set local idle_in_transaction_session_timeout = '2s'`;

const claim = `
  select s.id, s.organization_id as "organizationId", s.cluster_id as "clusterId", s.application_instance_id as "applicationInstanceId",
         s.name, s.schedule, s.at, s.time_zone as "timeZone", s.starts_at as "startsAt", s.ends_at as "endsAt",
         s.spread_seconds as "spreadSeconds", s.concurrency_policy as "concurrencyPolicy",
         s.starting_deadline_seconds as "startingDeadlineSeconds", s.missed_fires as "missedFires", s.suspend, s.cadence, s.ttl, s.template,
         s.next_slot_at as "nextSlotAt", s.deferred_reason as "deferredReason",
         i.namespace, i.name as target, c.retention as "classRetention", c.default_parameters as "defaultParameters", c.delivery_deadline_seconds as "deliveryDeadlineSeconds", o.retention as override,
         g.suspend as "organizationSuspend", k.suspend as "clusterSuspend", k.in_flight_limit as "inFlightLimit"
  from (
    select * from schedule
    where next_fire_at <= $1
    order by next_fire_at
    limit $2
    for update skip locked
  ) s
  join application_instance i on i.id = s.application_instance_id
  join application_class c on c.id = i.application_class_id
  join organization g on g.id = s.organization_id
  join cluster k on k.id = s.cluster_id
  left join retention_override o on o.organization_id = s.organization_id and o.application_class_id = c.id
  order by s.next_slot_at, s.id`;

// What is in flight of these schedules, and which of their applications are being restored: by set, not row by row, so
// that a plan made while the table was empty stays a good one.
const underWay = `
  select 'schedule' as kind, schedule_id::text as "of", max(id::text) as id from operation
  where schedule_id = any($1::uuid[]) and phase in ('Pending', 'Running') group by schedule_id
  union all
  select 'restore', application_instance_id::text, max(id::text) from operation
  where application_instance_id = any($2::uuid[]) and phase in ('Pending', 'Running') and type = 'Restore' group by application_instance_id`;

// Who counts what is in flight in a cluster waits for the others who do, so that its limit holds.
const lockClusters = `select pg_advisory_xact_lock(hashtextextended(id::text, 1)) from unnest($1::uuid[]) id order by id`;
const inFlight = `
  select c.id::text as "clusterId", c.in_flight_limit - (
    select count(*)::int from operation p where p.cluster_id = c.id and p.phase in ('Pending', 'Running')
  ) as room
  from cluster c where c.id = any($1::uuid[])`;
const windows = `select * from blackout_window where organization_id = any($1::uuid[])`;

const write = `
  with made as (
    insert into operation (${operationColumns}, owed, next_attempt_at)
    select ${operationColumns}, 'Apply', created_at from json_populate_recordset(null::operation, $1)
    on conflict (schedule_id, scheduled_for) do nothing
    returning id, cluster_id
  ), ledger as (${upsertFires('$2')}
  ), told as (
    insert into event (${eventColumns})
    select ${eventColumns} from json_populate_recordset(null::event, $3) e
    where e.operation_id is null or e.operation_id in (select id from made)
  ), advanced as (
    update schedule s
    set last_fire_at = coalesce(a.last_fire_at, s.last_fire_at), accounted_until = coalesce(a.accounted_until, s.accounted_until), next_slot_at = a.next_slot_at, next_fire_at = a.next_fire_at,
        deferred_reason = a.deferred_reason, suspend = false, suspend_reason = null, resume_at = null
    from json_populate_recordset(null::schedule, $4) a
    where s.id = a.id
  )
  select count(*)::int as "operationCount", coalesce(array_agg(distinct cluster_id::text), '{}') as "clusterIds" from made`;

// What replaces it is being made: the one before is deleted in its cluster, unless a call for it is under way, which then sees the wish.
const cancel = `
  update operation
  set cancel_requested_at = $2, owed = case when lease_id is not null and next_attempt_at > $2 then owed else 'Delete' end,
      next_attempt_at = case when lease_id is not null and next_attempt_at > $2 then next_attempt_at else $2 end, revision = revision + 1
  where id = any($1::uuid[]) and phase in ('Pending', 'Running') and cancel_requested_at is null
  returning cluster_id::text as "clusterId"`;

const Json = z.unknown();
const orAbsent = <T>(value: T | null): T | undefined => value ?? undefined;
const Text = z.string().nullable().transform(orAbsent);
const Count = z.int().nullable().transform(orAbsent);
const At = z
  .date()
  .nullable()
  .transform((at) => at?.toISOString());
const Claimed = z.object({
  id: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationInstanceId: z.string(),
  name: z.string(),
  schedule: Text,
  at: At,
  timeZone: z.string(),
  startsAt: At,
  endsAt: At,
  spreadSeconds: Count,
  concurrencyPolicy: ConcurrencyPolicy,
  startingDeadlineSeconds: Count,
  missedFires: MissedFires,
  suspend: z.boolean(),
  cadence: Cadence,
  ttl: Text,
  template: Json,
  nextSlotAt: z.date().transform((at) => at.toISOString()),
  deferredReason: FireReason.nullable().transform(orAbsent),
  namespace: z.string(),
  target: z.string(),
  classRetention: Json,
  defaultParameters: Json,
  deliveryDeadlineSeconds: z.int(),
  override: Json,
  organizationSuspend: z.boolean(),
  clusterSuspend: z.boolean(),
  inFlightLimit: Count,
});
const Written = z.object({ operationCount: z.int(), clusterIds: z.array(z.string()) });
const UnderWay = z.object({ kind: z.enum(['schedule', 'restore']), of: z.string(), id: z.string() });
const Room = z.object({ clusterId: z.string(), room: z.int() });

export function emissionOf(pool: Pool): Emission {
  return {
    emit: (now, limit, plan) =>
      inTransaction(
        pool,
        async (client) => {
          const { rows } = await client.query({ name: 'claim-due-schedules', text: claim, values: [now, limit] });
          if (rows.length === 0) return { scheduleCount: 0, operationCount: 0, clusterIds: [] };
          const claimed = await withUnderWay(client, rows.map(memoizedReading()));
          const planned = plan(claimed, await surroundings(client, claimed));
          const { rows: result } = await client.query({
            name: 'write-fires',
            text: write,
            values: parametersOf(planned),
          });
          const written = Written.parse(result[0]);
          const replaced =
            planned.cancels.length === 0
              ? []
              : (await client.query(cancel, [planned.cancels, now])).rows.map((row) => String(row.clusterId));
          return {
            scheduleCount: rows.length,
            ...written,
            clusterIds: [...new Set([...written.clusterIds, ...replaced])],
          };
        },
        begin,
      ),
  };
}

async function surroundings(client: PoolClient, claimed: readonly Due[]): Promise<Surroundings> {
  const organizationIds = [...new Set(claimed.map(({ organizationId }) => organizationId))];
  const limited = [
    ...new Set(claimed.filter(({ inFlightLimit }) => inFlightLimit !== undefined).map(({ clusterId }) => clusterId)),
  ].toSorted();
  const { rows: found } = await client.query({ name: 'blackout-windows', text: windows, values: [organizationIds] });
  if (limited.length > 0) await client.query(lockClusters, [limited]);
  const { rows: counted } = limited.length > 0 ? await client.query(inFlight, [limited]) : { rows: [] };
  return {
    windows: found.map((row) => fromRow(BlackoutWindow, camelRow(row))),
    room: new Map(
      Room.array()
        .parse(counted)
        .map(({ clusterId, room }) => [clusterId, room]),
    ),
  };
}

type Claim = Omit<Due, 'inFlightId' | 'restoring'>;

async function withUnderWay(client: PoolClient, claims: readonly Claim[]): Promise<readonly Due[]> {
  const values = [claims.map(({ id }) => id), claims.map(({ applicationInstanceId }) => applicationInstanceId)];
  const found = UnderWay.array().parse((await client.query({ name: 'under-way', text: underWay, values })).rows);
  const inFlight = new Map(found.filter(({ kind }) => kind === 'schedule').map((row) => [row.of, row.id]));
  const restoring = new Set(found.filter(({ kind }) => kind === 'restore').map((row) => row.of));
  return claims.map((claim) => ({
    ...claim,
    inFlightId: inFlight.get(claim.id),
    restoring: restoring.has(claim.applicationInstanceId),
  }));
}

type Due = DueSchedule & { readonly inFlightLimit: number | undefined };

/** Documents that many schedules share are read once a batch. */
function memoizedReading(): (row: unknown) => Claim {
  const known = new Map<string, unknown>();
  const read = <T>(schema: z.ZodType<T>, name: string, value: unknown): T => {
    const key = `${name}${JSON.stringify(value)}`;
    if (!known.has(key)) known.set(key, schema.parse(value));
    return known.get(key) as T;
  };
  return (row) => {
    const { template, classRetention, defaultParameters, override, ...columns } = Claimed.parse(row);
    return {
      ...columns,
      template: read(ScheduleTemplate, 'template', template),
      classRetention: read(Retention, 'retention', classRetention),
      defaultParameters: read(BackupParameters, 'parameters', defaultParameters),
      override: override === null ? undefined : read(Retention, 'retention', override),
    };
  };
}

function parametersOf(plan: FirePlan): string[] {
  return [
    JSON.stringify(plan.operations.map(snakeRow)),
    JSON.stringify(plan.fires.map(snakeRow)),
    JSON.stringify(plan.events.map((event) => snakeRow({ ...event, id: vault.newId() }))),
    JSON.stringify(
      plan.advances.map((advance) => snakeRow({ ...advance, scheduleId: undefined, id: advance.scheduleId })),
    ),
  ];
}
