/**
 * Operations of one cluster that is really there: recorded in the database as fires make them, all on one application of
 * the simulated cluster's, which takes several backups of one.
 */
import pg from 'pg';
import type { ClusterAccess } from '../src/core/clusters/rules/cluster.ts';
import { Operation } from '../src/core/operations/rules/operation.ts';
import { fire } from '../src/core/scheduling/fire.ts';
import { camelRow, fromRow } from '../src/postgres/kit/rows/shape.ts';
import { type Opened, openStore } from '../src/postgres/store.ts';
import { seedSchedules } from '../test/support/seed.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
export const secretsKey = Buffer.alloc(32, 1);
export const place = { namespace: 'bench', target: 'app' } as const;

export interface ClusterStage {
  readonly opened: Opened;
  readonly pool: pg.Pool;
  readonly clusterId: string;
  /** All Operations of the stage, as they are. */
  operations(): Promise<readonly Operation[]>;
  close(): Promise<void>;
}

export async function setClusterStage(url: string, count: number, access: ClusterAccess): Promise<ClusterStage> {
  const opened = await openStore({ url, secretsKey, log: quiet });
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  const { organizationId, clusterIds } = await seedSchedules(pool, { scheduleCount: count, clusterCount: 1 });
  const [clusterId = ''] = clusterIds;
  await pool.query('update cluster set server = $1', [access.server]);
  await opened.store.tables.credentials.put({ id: clusterId, organizationId }, access);
  await fire({ ...opened, doorbell: { ring() {} }, log: quiet });
  await pool.query('update schedule set next_fire_at = null, suspend = true');
  await pool.query('update operation set namespace = $1, target = $2', [place.namespace, place.target]);
  return {
    opened,
    pool,
    clusterId,
    async operations() {
      const { rows } = await pool.query('select * from operation order by id');
      return rows.map((row) => fromRow(Operation, camelRow(row)));
    },
    async close() {
      await pool.end();
      await opened.close();
    },
  };
}
