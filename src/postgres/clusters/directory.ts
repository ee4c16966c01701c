/**
 * The clusters as connectors need them: each row with the opened access to the cluster. A connector reports here what
 * it learns while it watches or delivers.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { ClusterDirectory, ClusterTarget } from '../../core/clusters/ports.ts';
import { AccessUnreadable } from '../../core/clusters/rules/access-unreadable.ts';
import { Cluster, ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { type Row, shownRow } from '../kit/rows/shape.ts';
import type { Sealer } from '../kit/seal.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { holdFence } from './fence.ts';
import { reportCluster } from './report.ts';
import { accessPlace } from './tables.ts';

const target = `select c.*, k.sealed from cluster c join cluster_credential k on k.cluster_id = c.id where c.id = any($1::uuid[])`;
const list = `select c.id, k.revision as "credentialsRevision" from cluster c join cluster_credential k on k.cluster_id = c.id`;
const namespaces = `select distinct namespace from application_instance where cluster_id = $1 and retired_at is null order by namespace`;
const Namespaces = z.array(z.object({ namespace: z.string() }));
const Listed = z.object({ id: z.string(), credentialsRevision: z.int() });

export function directoryOf(pool: Pool, sealer: Sealer): ClusterDirectory {
  const targetOf = ({ sealed, ...row }: Row): ClusterTarget => {
    const cluster = shownRow(Cluster, row);
    try {
      const place = accessPlace(cluster.organizationId, cluster.id);
      const opened = JSON.parse(sealer.open(z.instanceof(Uint8Array).parse(sealed), place));
      return { cluster, access: ClusterAccess.parse(opened) };
    } catch (error) {
      throw new AccessUnreadable(cluster, error);
    }
  };
  return {
    async target(clusterId) {
      const [row] = await select(pool, target, [[clusterId]]);
      return row === undefined ? undefined : targetOf(row);
    },
    async targets(clusterIds) {
      const rows = await select(pool, target, [clusterIds]);
      const { made: opened, bad } = sift(rows, targetOf);
      return { opened, unreadable: bad.map(({ error }) => error).filter((error) => error instanceof AccessUnreadable) };
    },
    async list() {
      return Listed.array().parse(await select(pool, list, []));
    },
    async namespaces(clusterId) {
      return Namespaces.parse(await select(pool, namespaces, [clusterId])).map(({ namespace }) => namespace);
    },
    report: (clusterId, report, fence) =>
      inTransaction(pool, async (client) => {
        if (fence !== undefined) await holdFence(client, clusterId, fence);
        return reportCluster(client, clusterId, report);
      }),
  };
}
