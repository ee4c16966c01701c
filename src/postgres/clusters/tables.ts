/**
 * The tables of clusters, and of the access to them. Access is sealed, and opens only for its organization and cluster.
 */
import { z } from 'zod';
import type { ClustersTable, CredentialsTable } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { operationCondition } from '../../core/operations/rules/reasons.ts';
import type { Prisma } from '../generated/client.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow } from '../kit/rows/shape.ts';
import { keyVersion, type Sealer } from '../kit/seal.ts';
import { selectThrough } from '../kit/sql.ts';
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

const State = Cluster.pick({ conditions: true, throttledUntil: true });

/** The place that a cluster's access is bound to. */
export function accessPlace(organizationId: string, clusterId: string): string {
  return `${organizationId}|${clusterId}|cluster.access`;
}

const cluster = {
  ...kindOf('cluster', 'cluster', Cluster, 'organizationId', ['organizationId', 'name']),
  holding: { retiredAt: null },
};

export function clusterTables(client: Prisma.TransactionClient, sealer: Sealer): ClustersTable & CredentialsTable {
  const rows = rowsOf(client, client.cluster, cluster);
  return {
    clusters: {
      ...rows,
      async referrers(id) {
        const [row = {}] = await selectThrough(client, referrers, [id]);
        return fromRow(Referrers, row);
      },
      async retire(cluster) {
        await client.clusterCredential.deleteMany({ where: { clusterId: cluster.id } });
        await client.$executeRawUnsafe(forget, cluster.id);
        await client.$executeRawUnsafe(giveUp, cluster.id);
        const at = cluster.retiredAt ?? cluster.updatedAt;
        const failed = operationCondition('Failed', 'True', 'ClusterRetired', retiredMessage, at);
        await client.$executeRawUnsafe(endOpen, cluster.id, at, JSON.stringify([failed]));
        return rows.update(cluster);
      },
      async states(ids) {
        if (ids.length === 0) return new Map();
        const select = { id: true, conditions: true, throttledUntil: true };
        const rows = await client.cluster.findMany({ where: { id: { in: [...ids] } }, select });
        return new Map(rows.map((row) => [row.id, fromRow(State, row)]));
      },
    },
    credentials: {
      async put(cluster, access) {
        const sealed = sealer.seal(JSON.stringify(access), accessPlace(cluster.organizationId, cluster.id));
        await client.clusterCredential.upsert({
          where: { clusterId: cluster.id },
          create: { clusterId: cluster.id, sealed, keyVersion },
          update: { sealed, keyVersion, revision: { increment: 1 } },
        });
        await client.cluster.update({ where: { id: cluster.id }, data: { checkDueAt: new Date(0) } });
      },
    },
  };
}
