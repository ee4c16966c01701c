/**
 * Resources of ours that have returned, and the deletions that we owe for them. Their Operations are locked, so that two
 * clusters that see returns of one Operation take turns.
 */

import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { ReturnedDeletions } from '../../core/delivery/ports.ts';
import { type Bad, sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { sameJson } from '../../core/kernel/rules/json/same-json.ts';
import type { ReturnedResources } from '../../core/observation/ports.ts';
import type { KnownOperation } from '../../core/operations/rules/observed/observation.ts';
import { Phase } from '../../core/operations/rules/operation.ts';
import type { ReturnDecision, ReturnedResource } from '../../core/operations/rules/returned.ts';
import { holdFence } from '../clusters/fence.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { appendEvents } from '../kit/events.ts';
import { columnsOf, selectOf } from '../kit/rows/columns.ts';
import { fromRow, jsonRows } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeObserved } from '../operations/batch.ts';

const Resource = z.object({
  operationId: z.string(),
  uid: z.string(),
  clusterId: z.string(),
  namespace: z.string(),
  name: z.string(),
  resourceVersion: z.string().optional(),
  phase: Phase,
  seenAt: Instant,
  goneAt: Instant.optional(),
  owed: z.literal('Delete').optional(),
  nextAttemptAt: Instant.optional(),
  attempts: z.int(),
  problem: z.string().optional(),
} satisfies Readonly<Record<keyof ReturnedResource, z.ZodType>>) satisfies z.ZodType<ReturnedResource>;

const locked = 'select * from operation where id = any($1::uuid[]) order by id for update';
const known = `select ${selectOf(Resource.shape, 'r')} from returned_resource r where operation_id = any($1::uuid[]) order by seen_at, uid`;
const { operationId: _, uid: __, ...changing } = Resource.shape;
const write = `
  insert into returned_resource (${columnsOf(Resource.shape)})
  select ${columnsOf(Resource.shape)} from json_populate_recordset(null::returned_resource, $1)
  on conflict (operation_id, uid) do update set (${columnsOf(changing)}) = row(${columnsOf(changing, 'excluded')})`;
const expected = `
  select ${selectOf(Resource.shape, 'r')} from returned_resource r
  where cluster_id = $1 and gone_at is null and seen_at < $2`;
const claim = `
  update returned_resource r
  set attempts = r.attempts + 1, next_attempt_at = $1::timestamptz + $3 * interval '1 second'
  from (
    select operation_id, uid from returned_resource d
    where owed is not null and gone_at is null and next_attempt_at <= $1
      and not exists (select from cluster c where c.id = d.cluster_id and (c.throttled_until > $1 or c.retired_at is not null))
    order by next_attempt_at limit $2 for update skip locked
  ) d
  where r.operation_id = d.operation_id and r.uid = d.uid
  returning ${selectOf(Resource.shape, 'r')}`;

type Decide<Change> = (operation: KnownOperation, known: readonly ReturnedResource[], change: Change) => ReturnDecision;

/** Folds the changes into their Operations, one after the other. Returns the Operations that cannot be decided. */
async function foldIn<Change extends { readonly operationId: string }>(
  client: PoolClient,
  changes: readonly Change[],
  decide: Decide<Change>,
): Promise<readonly Bad<string>[]> {
  const ids = [...new Set(changes.map(({ operationId }) => operationId))];
  const { rows } = await client.query(locked, [ids]);
  const resources = (await select(client, known, [ids])).map((row) => fromRow(Resource, row));
  const { made, bad } = sift(rows, (row) => {
    const { operation } = storedOperation(row);
    const own = resources.filter(({ operationId }) => operationId === operation.id);
    const decision = changes
      .filter(({ operationId }) => operationId === operation.id)
      .reduce<ReturnDecision>(
        (before, change) => {
          const all = new Map([...own, ...before.resources].map((each) => [each.uid, each]));
          const next = decide(before.operation, [...all.values()], change);
          const written = new Map([...before.resources, ...next.resources].map((each) => [each.uid, each]));
          return { ...next, resources: [...written.values()], events: [...before.events, ...next.events] };
        },
        { operation, resources: [], events: [] },
      );
    return { ...decision, isChanged: !sameJson(decision.operation, operation) };
  });
  const decided = made.filter(({ resources, events }) => resources.length + events.length > 0);
  if (decided.length === 0) return asIds(bad);
  await client.query(write, [jsonRows(decided.flatMap(({ resources }) => resources.map((each) => ({ ...each }))))]);
  await writeObserved(
    client,
    decided.flatMap(({ operation, isChanged }) => (isChanged ? [{ operation }] : [])),
  );
  await appendEvents(
    client,
    decided.flatMap(({ events }) => events),
  );
  return asIds(bad);
}

const asIds = (bad: readonly Bad<{ readonly id?: unknown }>[]): readonly Bad<string>[] =>
  bad.map(({ item, error }) => ({ item: String(item.id), error }));

export function returnedResourcesOf(pool: Pool, heldRows: HeldRows): ReturnedResources {
  return {
    async record(clusterId, seen, decide, fence) {
      const bad = await inTransaction(pool, async (client) => {
        if (fence !== undefined) await holdFence(client, clusterId, fence);
        return foldIn(client, seen, decide);
      });
      await heldRows.putAside('observe-operations', bad.map(heldAs('Operation')));
    },
    async expected(clusterId, before) {
      const rows = await select(pool, expected, [clusterId, before]);
      return rows.map((row) => ({ ...fromRow(Resource, row), deleted: false }));
    },
  };
}

export function returnedDeletionsOf(pool: Pool): ReturnedDeletions {
  return {
    async claim(now, limit, leaseSeconds) {
      return (await select(pool, claim, [now, limit, leaseSeconds])).map((row) => fromRow(Resource, row));
    },
    async record(resource, decide) {
      await inTransaction(pool, (client) => foldIn(client, [resource], decide));
    },
  };
}
