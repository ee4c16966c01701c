/**
 * The API in this process, connectors as processes of their own that can be killed and stopped, and simulated clusters
 * with one application each, all on a database of their own.
 */
import assert from 'node:assert/strict';
import { Pool } from 'pg';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { Client } from './client.ts';
import { type MainProcess, startMain } from './main-process.ts';
import { setScene } from './scene.ts';
import { type Backend, startTestService, type TestService } from './service.ts';
import { until } from './until.ts';

export interface ConnectorProcess extends MainProcess {
  readonly id: string;
}

export interface Place {
  readonly cluster: SimulatedCluster;
  readonly clusterId: string;
  readonly applicationInstanceId: string;
}

export interface Landscape {
  readonly service: TestService;
  readonly pool: Pool;
  readonly places: readonly Place[];
  /** Resolves once it lives. */
  startConnector(): Promise<ConnectorProcess>;
  /** Cluster ids by the connector that holds them now. */
  held(): Promise<ReadonlyMap<string, readonly string[]>>;
  watched(): Promise<number>;
  close(): Promise<void>;
}

export async function startLandscape(options: {
  readonly backend: Backend;
  readonly clusterCount: number;
  readonly speed?: number;
}): Promise<Landscape> {
  const redisUrl = `${process.env.TEST_REDIS_URL}/${process.pid % 16}`;
  const service = await startTestService({ backend: options.backend, redisUrl, roles: 'api,scheduler' });
  const pool = new Pool({ connectionString: service.databaseUrl, max: 2 });
  const children: MainProcess[] = [];
  const places: Place[] = [];
  for (let n = 0; n < options.clusterCount; n += 1) {
    const name = `cluster-${n}`;
    const cluster = await startCluster({ name, speed: options.speed ?? 200 });
    places.push({ cluster, ...(await setScene(service.api, cluster, name)) });
  }
  const held = async () => {
    const { rows } = await pool.query(
      'select connector_id, cluster_id from cluster_lease where expires_at > clock_timestamp()',
    );
    const clusters = new Map<string, string[]>();
    for (const { connector_id, cluster_id } of rows)
      clusters.set(connector_id, [...(clusters.get(connector_id) ?? []), cluster_id]);
    return clusters;
  };
  return {
    service,
    pool,
    places,
    held,
    async startConnector() {
      const known = await connectorIds(pool);
      const child = startMain({
        env: {
          DATABASE_URL: service.databaseUrl,
          REDIS_URL: options.backend === 'redis' ? redisUrl : '',
          ROLES: 'connector',
          SECRETS_KEY: service.secretsKey,
        },
      });
      children.push(child);
      const id = await until('the connector', 30, async () =>
        (await connectorIds(pool)).find((each) => !known.includes(each)),
      ).catch((error: unknown) => assert.fail(`${String(error)}\n${child.logged()}`));
      return { id, ...child };
    },
    async watched() {
      const { rows } = await pool.query(
        `select count(*)::int as count from cluster where conditions @> '[{"type": "Watching", "status": "True"}]'`,
      );
      return rows[0].count;
    },
    async close() {
      await Promise.all(children.map((child) => child.kill()));
      await pool.end();
      await service.close();
      await Promise.all(places.map(({ cluster }) => cluster.close()));
    },
  };
}

async function connectorIds(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query('select id from connector');
  return rows.map(({ id }) => id);
}

/** Asks for a backup; acknowledged when this resolves. Returns the Operation's id. */
export async function wantBackup(
  { service }: { readonly service: { readonly api: Client } },
  { applicationInstanceId }: Pick<Place, 'applicationInstanceId'>,
): Promise<string> {
  const answer = await service.api.post('/v1/operations', { applicationInstanceId, type: 'Backup' });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.operation.id;
}

/** Each Operation is in its cluster once, as it was made, and has ended well. */
export async function assertAllApplied(
  { pool, places }: Pick<Landscape, 'pool' | 'places'>,
  ids: readonly string[],
): Promise<void> {
  const { rows } = await pool.query('select id, cluster_id, name, uid, phase from operation');
  assert.deepEqual(
    ids.filter((id) => !rows.some((row) => row.id === id && row.phase === 'Succeeded')),
    [],
  );
  for (const { cluster, clusterId } of places) {
    const resources = cluster.list('operations', 'org-myteam') as readonly {
      metadata: { name: string; uid: string; generation: number };
    }[];
    const ours = rows.filter((row) => row.cluster_id === clusterId);
    assert.deepEqual(
      resources.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).toSorted(),
      ours.map(({ name, uid }) => `${name} ${uid}`).toSorted(),
    );
    assert.deepEqual(
      resources.filter(({ metadata }) => metadata.generation !== 1).map(({ metadata }) => metadata.name),
      [],
    );
  }
}
