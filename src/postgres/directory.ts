/** What the connector knows of clusters: how each is reached, and how it is doing. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { ClusterDirectory } from '../app/connector-ports.ts';
import { Cluster, ClusterAccess } from '../domain/cluster.ts';
import { type Condition, clip, withCondition } from '../domain/condition.ts';
import type { Sealer } from './seal.ts';
import { camelRow, fromRow } from './shape.ts';
import { inTransaction, select } from './sql.ts';
import { accessPlace } from './tables.ts';

const target = `select c.*, k.sealed from cluster c join cluster_credential k on k.cluster_id = c.id where c.id = $1`;
const list = `select c.id, k.revision as "credentialsRevision" from cluster c join cluster_credential k on k.cluster_id = c.id`;
const namespaces = `select distinct namespace from application_instance where cluster_id = $1 order by namespace`;
const Namespaces = z.array(z.object({ namespace: z.string() }));
const Listed = z.object({ id: z.string(), credentialsRevision: z.int() });
const contactEveryMs = 5_000;

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
    report: (clusterId, { conditions, discovery, contact, now }) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query('select * from cluster where id = $1 for update', [clusterId]);
        if (rows[0] === undefined) return [];
        const known = fromRow(Cluster, camelRow(rows[0]));
        let next: readonly Condition[] = known.conditions;
        for (const condition of conditions)
          next = withCondition(next, { ...condition, message: clip(condition.message), lastTransitionTime: now });
        const changed = next.filter(
          ({ type, status }) => known.conditions.find((before) => before.type === type)?.status !== status,
        );
        const since = Date.parse(now) - Date.parse(known.lastContactAt ?? new Date(0).toISOString());
        const lastContactAt = contact && since > contactEveryMs ? now : known.lastContactAt;
        if (next === known.conditions && discovery === undefined && lastContactAt === known.lastContactAt) return [];
        await client.query(
          'update cluster set conditions = $2, discovery = coalesce($3, discovery), last_contact_at = $4 where id = $1',
          [
            clusterId,
            JSON.stringify(next),
            discovery === undefined ? null : JSON.stringify(discovery),
            lastContactAt ?? null,
          ],
        );
        return changed.map(({ type, status }) => `${type}=${status}`);
      }),
  };
}
