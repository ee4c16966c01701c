/**
 * The tables of clusters, and of the access to them. Access is sealed, and opens only for its organization and cluster.
 */
import { z } from 'zod';
import type { ClustersTable, CredentialsTable } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { operationCondition } from '../../core/operations/rules/reasons.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow } from '../kit/rows/shape.ts';
import { keyVersion, type Sealer } from '../kit/seal.ts';
import { run, type Sql, select } from '../kit/sql.ts';
import { isHoldingUp } from '../operations/giving-up.ts';
import { mayBeOwed } from '../operations/owed.ts';

const referrers = `
  select (select count(*)::int from application_instance where cluster_id = $1::uuid and retired_at is null) as application_count,
         (select count(*)::int from application_instance where cluster_id = $1::uuid and retired_at is not null) as retired_application_count,
         count(*)::int as operation_count, count(*) filter (where ${isHoldingUp()})::int as open_operation_count
  from operation where cluster_id = $1::uuid and origin <> 'cluster'`;
const Referrers = z.object({
  applicationCount: z.int(),
  retiredApplicationCount: z.int(),
  operationCount: z.int(),
  openOperationCount: z.int(),
});
const forget = `
  update cluster set agent_token_hash = null, agent_previous_token_hash = null, agent_previous_token_until = null,
    told_conditions = '{}', tell_at = null
  where id = $1::uuid`;
const giveUp = `
  update operation set owed = null, deletion_reason = null, next_attempt_at = null, lease_id = null
  where cluster_id = $1::uuid and ${mayBeOwed()}`;
const endOpen = `
  update operation set phase = 'Failed', finished_at = $2::timestamptz, conditions = conditions || $3::jsonb, revision = revision + 1
  where cluster_id = $1::uuid and phase in ('Pending', 'Running') and origin <> 'cluster'`;
const retiredMessage =
  'The cluster was retired before it had stated what became of the resource: this service does not know whether it is still there.';

const states = 'select id, conditions, throttled_until from cluster where id = any($1::uuid[])';
const State = Cluster.pick({ conditions: true, throttledUntil: true });

const put = `
  insert into cluster_credential as c (cluster_id, sealed, key_version) values ($1, $2, $3)
  on conflict (cluster_id) do update set sealed = excluded.sealed, key_version = excluded.key_version, revision = c.revision + 1`;

/** The place that a cluster's access is bound to. */
export function accessPlace(organizationId: string, clusterId: string): string {
  return `${organizationId}|${clusterId}|cluster.access`;
}

const cluster = {
  ...kindOf('cluster', 'cluster', Cluster, 'organizationId', ['organizationId', 'name']),
  holding: { retiredAt: null },
};

export function clusterTables(client: Sql, sealer: Sealer): ClustersTable & CredentialsTable {
  const rows = rowsOf(client, cluster);
  return {
    clusters: {
      ...rows,
      async referrers(id) {
        const [row = {}] = await select(client, referrers, [id]);
        return fromRow(Referrers, row);
      },
      async retire(cluster) {
        await run(client, 'delete from cluster_credential where cluster_id = $1', cluster.id);
        await run(client, forget, cluster.id);
        await run(client, giveUp, cluster.id);
        const at = cluster.retiredAt ?? cluster.updatedAt;
        const failed = operationCondition('Failed', 'True', 'ClusterRetired', retiredMessage, at);
        await run(client, endOpen, cluster.id, at, JSON.stringify([failed]));
        return rows.update(cluster);
      },
      async states(ids) {
        if (ids.length === 0) return new Map();
        const rows = await select(client, states, [[...ids]]);
        return new Map(rows.map((row) => [String(row.id), fromRow(State, row)]));
      },
    },
    credentials: {
      async put(cluster, access) {
        const sealed = sealer.seal(JSON.stringify(access), accessPlace(cluster.organizationId, cluster.id));
        await run(client, put, cluster.id, sealed, keyVersion);
        await run(client, 'update cluster set check_due_at = to_timestamp(0) where id = $1', cluster.id);
      },
    },
  };
}
