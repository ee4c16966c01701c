/**
 * Records Operations that somebody else made, in one statement a batch: each with its event and the application that is
 * registered for it. One that is recorded already, by the uid of its resource, is left as it is.
 */

import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { Event } from '../../core/kernel/rules/event.ts';
import type { ForeignOperations, RecordedForeign } from '../../core/observation/ports.ts';
import { capped, type ForeignCaps, togetherLeftOut } from '../../core/observation/rules/foreign-caps.ts';
import type { ForeignOperation } from '../../core/observation/rules/foreign-operation.ts';
import { StoredOperation } from '../../core/operations/rules/operation.ts';
import { holdFence } from '../clusters/fence.ts';
import { sameServer } from '../clusters/identity.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { eventRows } from '../kit/events.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { nullAsAbsent } from '../kit/rows/json.ts';
import { jsonRows } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { lockMirror } from './mirror-lock.ts';

// By its id it may be of any cluster of the organization, because namespaces are restored in other clusters too.
const owned = `
  id::text, namespace, name, uid, type, engine, target,
  cluster_id = $1 and uid is null and phase in ('Pending', 'Running') as expected, cluster_id in (${sameServer('$1')}) as here`;
const own = `
  select ${owned} from operation
  where cluster_id in (${sameServer('$1')}) and foreign_uid = '' and name = any($3::text[])
  union
  select ${owned} from operation
  where id = any($2::uuid[]) and foreign_uid = '' and organization_id = (select organization_id from cluster where id = $1)`;
const Own = StoredOperation.pick({ id: true, namespace: true, name: true, type: true, engine: true, target: true })
  .extend({ expected: z.boolean(), here: z.boolean(), uid: nullAsAbsent(z.string()) })
  .array();

// The application is found by its place. It is registered under the same lock, so none is missed.
const operation = StoredOperation.omit({ applicationInstanceId: true }).shape;
const event = Event.omit({ applicationInstanceId: true }).shape;
const record = `
  with made as (
    insert into operation (${columnsOf(operation)}, application_instance_id, observed_version, foreign_uid)
    select ${columnsOf(operation, 'w')}, i.id, w.observed_version, w.uid
    from json_populate_recordset(null::operation, $1) w
    left join application_instance i on i.cluster_id = w.cluster_id and i.namespace = w.namespace and i.name = w.target
      and i.retired_at is null
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

// Both count up to the cap. The clusters of an organization have an index each; the organization's own Operations have
// many times as many rows.
const recordedOfCluster = `
  select count(*)::int as count from (select from operation where cluster_id = $1 and foreign_uid <> '' limit $2) o`;
const recordedOfOrganization = `
  select coalesce(sum(o.count), 0)::int as count
  from cluster c cross join lateral (
    select count(*) from (select from operation where cluster_id = c.id and foreign_uid <> '' limit $2) o
  ) o
  where c.organization_id = $1`;
const Count = z.tuple([z.object({ count: z.int() })]);

const registered = `
  select namespace, name from application_instance
  where cluster_id = $1 and retired_at is null and (namespace, name) in (select * from unnest($2::text[], $3::text[]))`;
const Registered = z.array(z.object({ namespace: z.string(), name: z.string() }));

/** Counts change slowly, and a cap need not be met to the row: an old count is good for so long. */
const countedMs = 10_000;

export function foreignOperationsOf(pool: Pool, heldRows: HeldRows, caps: ForeignCaps): ForeignOperations {
  const putAside: ForeignOperations['putAside'] = async (clusterId, bad) => {
    await heldRows.putAside(
      'record-foreign-operations',
      bad.map(({ item: name, error }) => ({ item: { resourceType: 'Cluster', resourceId: clusterId, name }, error })),
    );
  };
  const countOfCluster = countedFor(recordedOfCluster, caps.cluster);
  const countOfOrganization = countedFor(recordedOfOrganization, caps.organization);

  const withinCaps = async (client: PoolClient, clusterId: string, made: readonly ForeignOperation[]) => {
    const organizationId = made[0]?.operation.organizationId ?? '';
    const counts = [
      await countOfCluster(client, clusterId),
      await countOfOrganization(client, organizationId),
    ] as const;
    const recorded = { cluster: counts[0].count, organization: counts[1].count };
    const places = made.map(({ operation }) => operation);
    const isFull =
      recorded.cluster + made.length > caps.cluster || recorded.organization + made.length > caps.organization;
    const known = isFull
      ? Registered.parse(
          (
            await client.query(registered, [
              clusterId,
              places.map(({ namespace }) => namespace),
              places.map(({ target }) => target),
            ])
          ).rows,
        )
      : [];
    const knownPlaces = new Set(known.map(({ namespace, name }) => `${namespace}/${name}`));
    const decided = capped(made, recorded, caps, ({ operation: { namespace, target } }) =>
      knownPlaces.has(`${namespace}/${target}`),
    );
    for (const counted of counts) counted.count += decided.taken.length;
    return decided;
  };

  return {
    async own(clusterId, ids, names) {
      return Own.parse((await pool.query({ name: 'own-operations', text: own, values: [clusterId, ids, names] })).rows);
    },
    async record(clusterId, made, limit, fence) {
      const { results, bad, roleFailure } = await inParts(made, (part) =>
        inTransaction(pool, async (client): Promise<{ result: RecordedForeign; bad: [] }> => {
          if (fence !== undefined) await holdFence(client, clusterId, fence);
          await client.query(lockMirror, [clusterId]);
          const { taken, ...decided } =
            limit === undefined
              ? await withinCaps(client, clusterId, part)
              : { ...(await newestOf(client, clusterId, part, limit)), beyondCount: 0, leftOut: undefined };
          if (taken.length === 0) return { result: { ...decided, count: 0 }, bad: [] };
          const values = [
            jsonRows(taken.map(({ operation }) => operation)),
            eventRows(taken.flatMap(({ event }) => event ?? [])),
          ];
          const { rows } = await client.query({ name: 'record-foreign', text: record, values });
          return { result: { ...decided, count: z.int().parse(rows[0]?.count) }, bad: [] };
        }),
      );
      if (roleFailure !== undefined) throw roleFailure;
      await putAside(
        clusterId,
        bad.map(({ item: { operation }, error }) => ({ item: `${operation.namespace}/${operation.name}`, error })),
      );
      return {
        count: results.reduce((sum, { count }) => sum + count, 0),
        beyondCount: results.reduce((sum, { beyondCount }) => sum + beyondCount, 0),
        leftOut: togetherLeftOut(results.map(({ leftOut }) => leftOut)),
      };
    },
    putAside,
  };
}

async function newestOf(client: PoolClient, clusterId: string, made: readonly ForeignOperation[], limit: number) {
  const { count, since } = Room.parse((await client.query(room, [clusterId, limit])).rows[0]);
  return { taken: newest(made, limit - count, since) };
}

/** Counts by id, kept for a while, with what was added since. */
function countedFor(text: string, cap: number) {
  const counts = new Map<string, { count: number; readonly at: number }>();
  return async (client: PoolClient, id: string): Promise<{ count: number }> => {
    const now = performance.now();
    const known = counts.get(id);
    if (known !== undefined && now - known.at < countedMs) return known;
    for (const [each, { at }] of counts) if (now - at >= countedMs) counts.delete(each);
    const [{ count }] = Count.parse((await client.query(text, [id, cap + 1])).rows);
    const counted = { count, at: now };
    counts.set(id, counted);
    return counted;
  };
}

function newest(made: readonly ForeignOperation[], count: number, since: Date | null): readonly ForeignOperation[] {
  const sorted = made.toSorted((a, b) => Date.parse(b.operation.createdAt) - Date.parse(a.operation.createdAt));
  return since === null
    ? sorted.slice(0, Math.max(0, count))
    : sorted.filter(({ operation }) => Date.parse(operation.createdAt) > since.getTime());
}
