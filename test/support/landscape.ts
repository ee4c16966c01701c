/** A service without a connector, many simulated clusters registered with it, and Operations owed to them in bulk. */
import assert from 'node:assert/strict';
import { Pool } from 'pg';
import { startConnectorProcess } from './connector-process.ts';
import { type Group, type ManyClusters, place, startManyClusters } from './many-clusters.ts';
import { startTestService, type TestService } from './service.ts';
import { until } from './until.ts';

export interface Landscape {
  readonly many: ManyClusters;
  readonly service: TestService;
  readonly pool: Pool;
  readonly clusterIds: readonly string[];
  close(): Promise<void>;
}

export async function setLandscape(...groups: readonly Group[]): Promise<Landscape> {
  const many = await startManyClusters(groups);
  const service = await startTestService({ backend: 'postgres', roles: 'api' });
  const pool = new Pool({ connectionString: service.databaseUrl, max: 2 });
  const make = async (path: string, body: object) => {
    const answer = await service.api.post(path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  };
  const applicationClassId = await make('/v1/application-classes', { name: 'nextcloud' });
  const clusterIds: string[] = [];
  for (const cluster of many.clusters) {
    const clusterId = await make('/v1/clusters', cluster);
    const instance = { clusterId, applicationClassId, namespace: place.namespace, name: place.application };
    await make('/v1/application-instances', instance);
    clusterIds.push(clusterId);
  }
  return {
    many,
    service,
    pool,
    clusterIds,
    async close() {
      await pool.end();
      await service.close();
      await many.stop();
    },
  };
}

export const connect = ({ service }: Landscape) =>
  startConnectorProcess({ DATABASE_URL: service.databaseUrl, SECRETS_KEY: service.secretsKey });

export async function watchedCount(pool: Pool, clusters?: readonly string[]): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as n from cluster
     where conditions @> '[{"type": "Watching", "status": "True"}]' and ($1::uuid[] is null or id = any($1::uuid[]))`,
    [clusters],
  );
  return rows[0].n;
}

export const allWatched = ({ pool, clusterIds }: Landscape) =>
  until('all to be watched', 120, async () => (await watchedCount(pool)) === clusterIds.length);

/** Makes Operations as the scheduler does, for these clusters by turns. */
export async function owe(pool: Pool, clusters: readonly string[], total: number): Promise<void> {
  await pool.query(
    `insert into operation (id, organization_id, cluster_id, application_instance_id, name, namespace, target, type, engine, parameters, origin,
                            requested_by, phase, conditions, outputs, warnings, created_at, deliver_before, revision, owed, next_attempt_at)
     select gen_random_uuid(), i.organization_id, i.cluster_id, i.id, 'backup-' || substr(md5(random()::text), 1, 12) || '-' || n, i.namespace, i.name,
            'Backup', 'velero', '{}', 'request', 'test', 'Pending', '[]', '{}', '[]', now(), now() + interval '1 hour', 1, 'Apply', now()
     from generate_series(1, $2::int) n join application_instance i on i.cluster_id = ($1::uuid[])[1 + n % cardinality($1::uuid[])]`,
    [clusters, total],
  );
}

export async function owedCount(pool: Pool, clusters: readonly string[]): Promise<number> {
  const { rows } = await pool.query(
    'select count(*)::int as n from operation where cluster_id = any($1::uuid[]) and owed is not null',
    [clusters],
  );
  return rows[0].n;
}
