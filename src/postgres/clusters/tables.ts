/**
 * The tables of clusters, and of the access to them. Access is sealed, and opens only for its organization and cluster.
 */
import type { ClustersTable, CredentialsTable } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import type { Prisma } from '../generated/client.ts';
import { kindOf, rowsOf } from '../kit/rows.ts';
import { keyVersion, type Sealer } from '../kit/seal.ts';

/** The place that a cluster's access is bound to. */
export function accessPlace(organizationId: string, clusterId: string): string {
  return `${organizationId}|${clusterId}|cluster.access`;
}

export function clusterTables(client: Prisma.TransactionClient, sealer: Sealer): ClustersTable & CredentialsTable {
  return {
    clusters: rowsOf(
      client,
      client.cluster,
      kindOf('cluster', 'cluster', Cluster, 'organizationId', ['organizationId', 'name']),
    ),
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
