/**
 * Firing in bulk. A batch is one transaction of a few statements:
 *
 *   claim    the due schedules with what the decision needs, locked; those that another replica holds are passed over
 *   look     at what is around them: blackout windows, and the room in clusters that have a limit
 *   decide   what becomes of each: a pure function of what was read, which the caller gives
 *   write    Operations, ledger, events and the schedules' next slots, in one statement
 *
 * A schedule that cannot be read or decided is left out of the batch. A batch that the database refuses is taken in
 * halves, each a transaction of its own, until the bad schedule stands alone. Both are put aside: a hold keeps them out of
 * the next claims, and their slots stay unaccounted for.
 *
 * A kill before the commit leaves every schedule of the batch due; after it every slot has its Operation. The unique
 * key on (schedule, slot) holds even if both happen to be tried: nothing is written twice for a slot.
 */
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Bad } from '../../core/kernel/rules/broken/bad-rows.ts';
import type { FiredBatch, Firing } from '../../core/scheduling/ports.ts';
import type { FiringRows } from '../../core/scheduling/rules/firing/firing.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { eventColumns, eventRows } from '../kit/events.ts';
import { jsonRows } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { operationColumns } from '../operations/columns.ts';
import { claimDue, dueScheduleIds, surroundingsOf, type Wanted } from './claim.ts';
import { holdSchedules } from './held-schedules.ts';
import { upsertFires } from './ledger.ts';

// Nobody else fires claimed schedules: a replica that stops or is cut off while it holds some gives them back soon.
const begin = `begin; set local idle_in_transaction_session_timeout = '2s'`;

const write = `
  with made as (
    insert into operation (${operationColumns}, owed, next_attempt_at)
    select ${operationColumns}, 'Apply', created_at from json_populate_recordset(null::operation, $1)
    on conflict (schedule_id, scheduled_for) do nothing
    returning id, cluster_id
  ), ledger as (${upsertFires('$2')}
  ), recorded as (
    insert into event (${eventColumns})
    select ${eventColumns} from json_populate_recordset(null::event, $3) e
    where e.operation_id is null or e.operation_id in (select id from made)
  ), advanced as (
    update schedule s
    set last_fire_at = coalesce(a.last_fire_at, s.last_fire_at), accounted_until = coalesce(a.accounted_until, s.accounted_until), next_slot_at = a.next_slot_at, next_fire_at = a.next_fire_at,
        deferred_reason = a.deferred_reason, suspend = false, suspend_reason = null, resume_at = null
    from json_populate_recordset(null::schedule, $4) a
    where s.id = a.id
  ), released as (
    delete from held_row h using json_populate_recordset(null::schedule, $4) a
    where h.work = 'fire-schedules' and h.resource_id = a.id
  )
  select count(*)::int as "operationCount", coalesce(array_agg(distinct cluster_id::text), '{}') as "clusterIds" from made`;

// Operations that are replaced: each is deleted in its cluster, unless a call for it is under way, which then sees the
// request to cancel.
const cancel = `
  update operation
  set cancel_requested_at = $2, owed = case when lease_id is not null and next_attempt_at > $2 then owed else 'Delete' end,
      deletion_reason = case when lease_id is not null and next_attempt_at > $2 then deletion_reason end,
      next_attempt_at = case when lease_id is not null and next_attempt_at > $2 then next_attempt_at else $2 end, revision = revision + 1
  where id = any($1::uuid[]) and phase in ('Pending', 'Running') and cancel_requested_at is null
  returning cluster_id::text as "clusterId"`;

const Written = z.object({ operationCount: z.int(), clusterIds: z.array(z.string()) });

type Fired = Omit<FiredBatch, 'failure'>;
type Decide = Parameters<Firing['fire']>[1];

export function firingOf(pool: Pool, heldRows: HeldRows): Firing {
  return {
    async fire({ now, limit, except, claimed }, decide) {
      const attempt = (ids?: readonly string[]) =>
        inTransaction(
          pool,
          (client) => fireIn(client, { now, limit, except, ...(ids !== undefined && { ids }) }, decide, claimed),
          begin,
        );
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        async rows() {
          const ids = await dueScheduleIds(pool, { now, limit, except });
          claimed(ids.length);
          return ids;
        },
        some: attempt,
      });
      const badWindows = results.flatMap((each) => each.badWindows);
      await heldRows.putAside('read-blackout-windows', badWindows.map(heldAs('BlackoutWindow')), now);
      if (roleFailure === undefined) await holdSchedules(pool, heldRows, bad, now);
      return {
        fires: results.flatMap(({ fires }) => fires),
        operationCount: results.reduce((sum, each) => sum + each.operationCount, 0),
        clusterIds: [...new Set(results.flatMap(({ clusterIds }) => clusterIds))],
        ...(roleFailure !== undefined && {
          failure: { error: roleFailure, scheduleIds: bad.map(({ item }) => item) },
        }),
      };
    },
  };
}

async function fireIn(
  client: PoolClient,
  wanted: Wanted,
  decide: Decide,
  claimed: (count: number) => void,
): Promise<Taken<string, Fired & { readonly badWindows: readonly Bad<string>[] }>> {
  const { due, bad: unreadable } = await claimDue(client, wanted);
  const count = due.length + unreadable.length;
  const around = due.length === 0 ? undefined : await surroundingsOf(client, due);
  const rows = around === undefined ? undefined : decide(due, around);
  if (wanted.ids === undefined) claimed(count);
  if (around === undefined || rows === undefined)
    return { result: { fires: [], operationCount: 0, clusterIds: [], badWindows: [] }, bad: unreadable, count };
  const { operationCount, clusterIds } = await writeRows(client, rows);
  const cancelledIn = await cancelReplaced(client, rows.cancelledIds, wanted.now);
  return {
    result: {
      fires: rows.fires,
      operationCount,
      clusterIds: [...new Set([...clusterIds, ...cancelledIn])],
      badWindows: around.badWindows,
    },
    bad: [...unreadable, ...rows.bad],
    count,
  };
}

async function writeRows(client: PoolClient, rows: FiringRows): Promise<z.infer<typeof Written>> {
  const { rows: result } = await client.query({ name: 'write-fires', text: write, values: parametersOf(rows) });
  return Written.parse(result[0]);
}

/** Returns the clusters of the Operations that are cancelled. */
async function cancelReplaced(client: PoolClient, ids: readonly string[], now: string): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  return (await client.query(cancel, [ids, now])).rows.map((row) => String(row.clusterId));
}

function parametersOf({ operations, fires, events, advances }: FiringRows): string[] {
  return [
    jsonRows(operations),
    jsonRows(fires),
    eventRows(events),
    jsonRows(advances.map(({ scheduleId, ...advance }) => ({ ...advance, id: scheduleId }))),
  ];
}
