/**
 * Records Operations that somebody else made, in one statement a batch: each with its event and the application that is
 * registered for it. One that is recorded already, by the uid of its resource, is left as it is.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import { Event } from '../../core/kernel/rules/event.ts';
import type { ForeignOperations } from '../../core/observation/ports.ts';
import type { ForeignOperation } from '../../core/observation/rules/foreign-operation.ts';
import { Operation } from '../../core/operations/rules/operation.ts';
import { holdFence } from '../clusters/fence.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { columnsOf } from '../kit/columns.ts';
import { eventRows } from '../kit/events.ts';
import { jsonRows } from '../kit/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { lockMirror } from './mirror-lock.ts';

const own = `
  select id::text, namespace, name, uid is null and phase in ('Pending', 'Running') as expected from operation
  where cluster_id = $1 and foreign_uid = '' and (id = any($2::uuid[]) or name = any($3::text[]))`;
const Own = Operation.pick({ id: true, namespace: true, name: true }).extend({ expected: z.boolean() }).array();

// The application is found by its place. It is registered under the same lock, so none is missed.
const operation = Operation.omit({ applicationInstanceId: true }).shape;
const event = Event.omit({ applicationInstanceId: true }).shape;
const record = `
  with made as (
    insert into operation (${columnsOf(operation)}, application_instance_id, observed_version, foreign_uid)
    select ${columnsOf(operation, 'w')}, i.id, w.observed_version, w.uid
    from json_populate_recordset(null::operation, $1) w
    left join application_instance i on i.cluster_id = w.cluster_id and i.namespace = w.namespace and i.name = w.target
    on conflict (cluster_id, name, foreign_uid) do nothing
    returning id, application_instance_id
  ), recorded as (
    insert into event (${columnsOf(event)}, application_instance_id)
    select ${columnsOf(event, 'e')}, made.application_instance_id
    from json_populate_recordset(null::event, $2) e join made on made.id = e.operation_id
  )
  select count(*)::int as count from made`;

// How many are recorded, counted up to the limit; and when the oldest of the newest `$2` was made.
const room = `
  select (select count(*)::int from (select from operation where cluster_id = $1 and foreign_uid <> '' limit $2) o) as count,
         (select created_at from operation where cluster_id = $1 and foreign_uid <> '' order by created_at desc offset $2 - 1 limit 1) as since`;
const Room = z.object({ count: z.int(), since: z.date().nullable() });

export function foreignOperationsOf(pool: Pool, heldRows: HeldRows): ForeignOperations {
  const putAside: ForeignOperations['putAside'] = async (clusterId, bad) => {
    await heldRows.putAside(
      'record-foreign-operations',
      bad.map(({ item: name, error }) => ({ item: { resourceType: 'Cluster', resourceId: clusterId, name }, error })),
    );
  };
  return {
    async own(clusterId, ids, names) {
      return Own.parse((await pool.query({ name: 'own-operations', text: own, values: [clusterId, ids, names] })).rows);
    },
    async record(clusterId, made, limit, fence) {
      const { results, bad, roleFailure } = await inParts(made, (part) =>
        inTransaction(pool, async (client) => {
          if (fence !== undefined) await holdFence(client, clusterId, fence);
          await client.query(lockMirror, [clusterId]);
          let taken = part;
          if (limit !== undefined) {
            const { count, since } = Room.parse((await client.query(room, [clusterId, limit])).rows[0]);
            taken = newest(part, limit - count, since);
          }
          if (taken.length === 0) return { result: 0, bad: [] };
          const values = [
            jsonRows(taken.map(({ operation }) => operation)),
            eventRows(taken.flatMap(({ event }) => event ?? [])),
          ];
          const { rows } = await client.query({ name: 'record-foreign', text: record, values });
          return { result: z.int().parse(rows[0]?.count), bad: [] };
        }),
      );
      if (roleFailure !== undefined) throw roleFailure;
      await putAside(
        clusterId,
        bad.map(({ item: { operation }, error }) => ({ item: `${operation.namespace}/${operation.name}`, error })),
      );
      return results.reduce((sum, count) => sum + count, 0);
    },
    putAside,
  };
}

function newest(made: readonly ForeignOperation[], count: number, since: Date | null): readonly ForeignOperation[] {
  const sorted = made.toSorted((a, b) => Date.parse(b.operation.createdAt) - Date.parse(a.operation.createdAt));
  return since === null
    ? sorted.slice(0, Math.max(0, count))
    : sorted.filter(({ operation }) => Date.parse(operation.createdAt) > since.getTime());
}
