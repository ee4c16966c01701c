/**
 * Firing in bulk. A batch is one transaction of two statements:
 *
 *   claim   the due schedules with what their plan needs, locked; those that another replica holds are passed over
 *   write   operations, ledger, events and the schedules' next slots, in one statement
 *
 * A kill before the commit leaves every schedule of the batch due; after it every slot has its Operation. The unique
 * key on (schedule, slot) holds even if both happen to be tried: nothing is written twice for a slot.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Emission } from '../app/ports.ts';
import { BackupParameters } from '../domain/parameters.ts';
import type { DueSchedule, FirePlan } from '../domain/plan.ts';
import { Cadence } from '../domain/recurrence.ts';
import { Retention } from '../domain/retention.ts';
import { ScheduleTemplate } from '../domain/schedule.ts';
import { eventColumns, fireColumns, operationColumns } from './columns.ts';
import { snakeRow } from './shape.ts';
import { inTransaction } from './sql.ts';
import { vault } from './vault.ts';

const claim = `
  select s.id, s.organization_id as "organizationId", s.cluster_id as "clusterId", s.application_instance_id as "applicationInstanceId",
         s.name, s.schedule, s.time_zone as "timeZone", s.cadence, s.ttl, s.template, s.next_fire_at as "nextFireAt",
         i.namespace, i.name as target, c.retention as "classRetention", c.default_parameters as "defaultParameters", o.retention as override
  from (
    select * from schedule
    where next_fire_at <= $1
    order by next_fire_at
    limit $2
    for update skip locked
  ) s
  join application_instance i on i.id = s.application_instance_id
  join application_class c on c.id = i.application_class_id
  left join retention_override o on o.organization_id = s.organization_id and o.application_class_id = c.id
  order by s.next_fire_at, s.id`;

const write = `
  with made as (
    insert into operation (${operationColumns}, owed, next_attempt_at)
    select ${operationColumns}, 'Apply', created_at from json_populate_recordset(null::operation, $1)
    on conflict (schedule_id, scheduled_for) do nothing
    returning id, cluster_id
  ), ledger as (
    insert into fire (${fireColumns})
    select ${fireColumns} from json_populate_recordset(null::fire, $2)
    on conflict (schedule_id, scheduled_for) do nothing
  ), told as (
    insert into event (${eventColumns})
    select ${eventColumns} from json_populate_recordset(null::event, $3) e
    where e.operation_id is null or e.operation_id in (select id from made)
  ), advanced as (
    update schedule s set last_fire_at = a.last_fire_at, next_fire_at = a.next_fire_at
    from json_populate_recordset(null::schedule, $4) a
    where s.id = a.id
  )
  select count(*)::int as "operationCount", coalesce(array_agg(distinct cluster_id::text), '{}') as "clusterIds" from made`;

const Json = z.unknown();
const Claimed = z.object({
  id: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationInstanceId: z.string(),
  name: z.string(),
  schedule: z.string(),
  timeZone: z.string(),
  cadence: Cadence,
  ttl: z
    .string()
    .nullish()
    .transform((ttl) => ttl ?? undefined),
  template: Json,
  nextFireAt: z.date().transform((at) => at.toISOString()),
  namespace: z.string(),
  target: z.string(),
  classRetention: Json,
  defaultParameters: Json,
  override: Json,
});
const Written = z.object({ operationCount: z.int(), clusterIds: z.array(z.string()) });

export function emissionOf(pool: Pool): Emission {
  return {
    emit: (now, limit, plan) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query({ name: 'claim-due-schedules', text: claim, values: [now, limit] });
        if (rows.length === 0) return { scheduleCount: 0, operationCount: 0, clusterIds: [] };
        const planned = plan(rows.map(memoizedReading()));
        const { rows: result } = await client.query({
          name: 'write-fires',
          text: write,
          values: parametersOf(planned),
        });
        return { scheduleCount: rows.length, ...Written.parse(result[0]) };
      }),
  };
}

/** Documents that many schedules share are read once a batch. */
function memoizedReading(): (row: unknown) => DueSchedule {
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
