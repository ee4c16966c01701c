/**
 * Operations that somebody else made: recorded in one statement a batch, each with its event and the application that is
 * registered for it. What is recorded already is passed over by the resource's uid.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { LinkingTable } from '../../core/applications/ports.ts';
import type { ForgettingTable } from '../../core/clusters/ports.ts';
import type { ForeignOperations } from '../../core/observation/ports.ts';
import type { ForeignOperation } from '../../core/observation/rules/foreign-operation.ts';
import { lockMirror } from '../applications/cluster-applications.ts';
import { holdFence } from '../clusters/fence.ts';
import type { Prisma } from '../generated/client.ts';
import { eventColumns, operationColumns } from '../kit/columns.ts';
import { snakeRow } from '../kit/shape.ts';
import { inTransaction } from '../kit/sql.ts';
import { vault } from '../kit/vault.ts';

const own = `
  select id::text, namespace, name, uid is null and phase in ('Pending', 'Running') as expected from operation
  where cluster_id = $1 and foreign_uid = '' and (id = any($2::uuid[]) or name = any($3::text[]))`;
const Own = z.array(z.object({ id: z.string(), namespace: z.string(), name: z.string(), expected: z.boolean() }));

// The application is joined by place: it is registered under the same lock.
const without = (columns: string) => columns.replace(/\bapplication_instance_id, /, '');
const operation = without(operationColumns);
const event = without(eventColumns);
const columnsOf = (table: string, columns: string) => columns.replaceAll(/\w+/g, `${table}.$&`);
const record = `
  with made as (
    insert into operation (${operation}, application_instance_id, observed_version, foreign_uid)
    select ${columnsOf('w', operation)}, i.id, w.observed_version, w.uid
    from json_populate_recordset(null::operation, $1) w
    left join application_instance i on i.cluster_id = w.cluster_id and i.namespace = w.namespace and i.name = w.target
    on conflict (cluster_id, name, foreign_uid) do nothing
    returning id, application_instance_id
  ), told as (
    insert into event (${event}, application_instance_id)
    select ${columnsOf('e', event)}, made.application_instance_id
    from json_populate_recordset(null::event, $2) e join made on made.id = e.operation_id
  )
  select count(*)::int as count from made`;

// How many are recorded, as far as that matters, and since when the newest so many were made.
const room = `
  select (select count(*)::int from (select from operation where cluster_id = $1 and foreign_uid <> '' limit $2) o) as count,
         (select created_at from operation where cluster_id = $1 and foreign_uid <> '' order by created_at desc offset $2 - 1 limit 1) as since`;
const Room = z.object({ count: z.int(), since: z.date().nullable() });

export function foreignOperationsOf(pool: Pool): ForeignOperations {
  return {
    async own(clusterId, ids, names) {
      return Own.parse((await pool.query({ name: 'own-operations', text: own, values: [clusterId, ids, names] })).rows);
    },
    record: (clusterId, made, limit, fence) =>
      inTransaction(pool, async (client) => {
        if (fence !== undefined) await holdFence(client, clusterId, fence);
        await client.query(lockMirror, [clusterId]);
        let taken = made;
        if (limit !== undefined) {
          const { count, since } = Room.parse((await client.query(room, [clusterId, limit])).rows[0]);
          taken = newest(made, limit - count, since);
        }
        if (taken.length === 0) return 0;
        const events = taken.flatMap(({ event }) => (event === undefined ? [] : [{ ...event, id: vault.newId() }]));
        const values = [
          JSON.stringify(taken.map((each) => snakeRow(each.operation))),
          JSON.stringify(events.map(snakeRow)),
        ];
        const { rows } = await client.query({ name: 'record-foreign', text: record, values });
        return z.int().parse(rows[0]?.count);
      }),
  };
}

function newest(made: readonly ForeignOperation[], count: number, since: Date | null): readonly ForeignOperation[] {
  const sorted = made.toSorted((a, b) => Date.parse(b.operation.createdAt) - Date.parse(a.operation.createdAt));
  return since === null
    ? sorted.slice(0, Math.max(0, count))
    : sorted.filter(({ operation }) => Date.parse(operation.createdAt) > since.getTime());
}

const link = `
  update operation set application_instance_id = $1::uuid, revision = revision + 1
  where cluster_id = $2::uuid and namespace = $3 and target = $4 and application_instance_id is null`;
const unlink = `
  update operation set application_instance_id = null, revision = revision + 1
  where application_instance_id = $1::uuid and origin = 'cluster'`;
const forget = `delete from operation where cluster_id = $1::uuid and foreign_uid <> '' and application_instance_id is null`;

/** What follows for these Operations from applications and clusters being registered or removed. */
export function foreignOperationTables(client: Prisma.TransactionClient): LinkingTable & ForgettingTable {
  return {
    foreignOperations: {
      async link({ id, clusterId, namespace, name }) {
        await client.$executeRawUnsafe(lockMirror, clusterId);
        await client.$executeRawUnsafe(link, id, clusterId, namespace, name);
      },
      async unlink(applicationInstanceId) {
        await client.$executeRawUnsafe(unlink, applicationInstanceId);
      },
      async forget(clusterId) {
        await client.$executeRawUnsafe(lockMirror, clusterId);
        await client.$executeRawUnsafe(forget, clusterId);
      },
    },
  };
}
