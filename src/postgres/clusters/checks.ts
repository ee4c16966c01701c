/**
 * Looks at clusters: which are due, and what is recorded of them. Also how many Operations wait for each cluster. Each
 * is one statement for any number of clusters.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { ClusterChecks, ClusterFigures } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { silentSeconds } from '../../core/clusters/rules/operator-ready.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { eachAlone } from '../kit/batches/parts.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { fromRow, shownRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { reportCluster } from './report.ts';

/** Clusters that could not be reached come last, because looking at one may take until its time is up. */
const claim = `
  update cluster c set check_due_at = $2::timestamptz + $4 * interval '1 second'
  from (
    select id from cluster
    where id = any($1::uuid[]) and check_due_at <= $2 and (throttled_until is null or throttled_until <= $2)
    order by conditions @> '[{"type": "Reachable", "status": "False"}]', check_due_at limit $3
    for update skip locked
  ) d
  where c.id = d.id
  returning c.id::text as id`;

// An Operation of which the operator has stated nothing has only the condition Delivered, which is ours.
const signs = `
  select c.agent_heartbeat_at as "heartbeatAt", c.operator_seen_at as "changedAt", s."unansweredCount", s."unansweredSince"
  from cluster c cross join lateral (
    select count(*)::int as "unansweredCount", min(o.delivered_at) as "unansweredSince" from operation o
    where o.cluster_id = c.id and o.phase in ('Pending', 'Running') and o.phase = 'Pending' and o.origin <> 'cluster' and o.uid is not null
      and o.delivered_at <= $2::timestamptz - interval '${silentSeconds} seconds'
      and not jsonb_path_exists(o.conditions, '$[*] ? (@.type != "Delivered" && @.type != "Held")')
      and c.conditions @> '[{"type": "Watching", "status": "True"}]'
  ) s
  where c.id = $1`;
const want = `
  update cluster set check_due_at = $2
  where id = $1 and check_due_at > $2 and ((discovery ->> 'checkedAt')::timestamptz <= $2::timestamptz - interval '1 minute') is not false`;

const applications = `
  select namespace, name from (
    select distinct on (i.namespace) i.namespace, i.name, s.id is not null as seen
    from application_instance i
    left join cluster_application s
      on s.cluster_id = i.cluster_id and s.namespace = i.namespace and s.name = i.name and s.gone_at is null
    where i.cluster_id = $1 and i.retired_at is null
    order by i.namespace, seen desc, i.id
  ) a
  order by seen desc, namespace limit 20`;

const toTell = `
  select id::text as id from cluster
  where tell_at <= $1 and not ${isHeld('report-clusters', 'cluster.id', '$1')} order by tell_at limit 200`;

const Signs = z.object({
  heartbeatAt: Instant.optional(),
  changedAt: Instant.optional(),
  unansweredCount: z.int(),
  unansweredSince: Instant.optional(),
});
const Place = z.object({ namespace: z.string(), name: z.string() });
const Waiting = z.object({ clusterId: z.string(), pendingCount: z.int(), oldestPendingAt: Instant });
const Shown = Cluster.pick({ id: true, name: true, conditions: true, lastContactAt: true });
const Standing = Shown.extend({ pendingCount: z.int(), oldestPendingAt: Instant.optional() });

// A deletion has waited since its cancel was requested.
const waiting = `
  select cluster_id as "clusterId", count(*)::int as "pendingCount",
         min(case when owed = 'Delete' then coalesce(cancel_requested_at, created_at) else created_at end) as "oldestPendingAt"
  from operation where owed is not null`;
const waitingFor = `${waiting} and cluster_id = any($1::uuid[]) group by cluster_id`;
const standings = `
  select ${columnsOf(Shown.shape, 'c')}, coalesce(w."pendingCount", 0) as "pendingCount", w."oldestPendingAt"
  from cluster c left join (${waiting} group by cluster_id) w on w."clusterId" = c.id
  where c.retired_at is null
  order by c.conditions @> '[{"status": "False"}]' desc, c.id limit $1`;

export function clusterChecksOf(pool: Pool, heldRows: HeldRows): ClusterChecks {
  const record: ClusterChecks['record'] = (clusterId, found) =>
    inTransaction(pool, (client) => reportCluster(client, clusterId, found));
  return {
    async claim(held, now, limit, retrySeconds) {
      if (held.length === 0) return [];
      return (await select(pool, claim, [held, now, limit, retrySeconds])).map(({ id }) => String(id));
    },
    async applications(clusterId) {
      return Place.array().parse(await select(pool, applications, [clusterId]));
    },
    async operatorSigns(clusterId, now) {
      const [row] = await select(pool, signs, [clusterId, now]);
      return row === undefined ? { unansweredCount: 0 } : fromRow(Signs, row);
    },
    async want(clusterId, now) {
      await pool.query(want, [clusterId, now]);
    },
    record,
    async recordDueEvents(now) {
      const due = await select(pool, toTell, [now]);
      const nothing = { conditions: [], contact: false, now };
      const bad = await eachAlone(
        due.map(({ id }) => String(id)),
        (id) => inTransaction(pool, (client) => reportCluster(client, id, nothing)),
      );
      await heldRows.putAside('report-clusters', bad.map(heldAs('Cluster')), now);
      return due.length - bad.length;
    },
  };
}

export function clusterFiguresOf(pool: Pool): ClusterFigures {
  return {
    async pending(clusterIds) {
      const rows = (await select(pool, waitingFor, [clusterIds])).map((row) => fromRow(Waiting, row));
      return new Map(rows.map(({ clusterId, ...rest }) => [clusterId, rest]));
    },
    async measured(limit) {
      return (await select(pool, standings, [limit])).map((row) => shownRow(Standing, row));
    },
  };
}
