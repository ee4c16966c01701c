/** What the connector knows of clusters: how each is reached, and how it is doing. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { ClusterDirectory } from '../app/connector-ports.ts';
import { Cluster, ClusterAccess } from '../domain/cluster.ts';
import { reportCluster } from './cluster-report.ts';
import type { Sealer } from './seal.ts';
import { fromRow } from './shape.ts';
import { inTransaction, select } from './sql.ts';
import { accessPlace } from './tables.ts';

const target = `select c.*, k.sealed from cluster c join cluster_credential k on k.cluster_id = c.id where c.id = $1`;
const list = `select c.id, k.revision as "credentialsRevision" from cluster c join cluster_credential k on k.cluster_id = c.id`;
const namespaces = `select distinct namespace from application_instance where cluster_id = $1 order by namespace`;
const Namespaces = z.array(z.object({ namespace: z.string() }));
const Listed = z.object({ id: z.string(), credentialsRevision: z.int() });

export function directoryOf(pool: Pool, sealer: Sealer): ClusterDirectory {
  return {
    async target(clusterId) {
      const [row] = await select(pool, target, [clusterId]);
      if (row === undefined || !(row.sealed instanceof Uint8Array)) return undefined;
      const cluster = fromRow(Cluster, row);
      return {
        cluster,
        access: ClusterAccess.parse(
          JSON.parse(sealer.open(row.sealed, accessPlace(cluster.organizationId, cluster.id))),
        ),
      };
    },
    async list() {
      return Listed.array().parse(await select(pool, list, []));
    },
    async namespaces(clusterId) {
      return Namespaces.parse(await select(pool, namespaces, [clusterId])).map(({ namespace }) => namespace);
    },
    report: (clusterId, report) => inTransaction(pool, (client) => reportCluster(client, clusterId, report)),
  };
}
