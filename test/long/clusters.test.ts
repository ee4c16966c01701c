/**
 * Many clusters on one connector. The bounds are the product's requirements, measured by the kernel's account of the
 * connector's process and by the database's of the rows; the clusters are simulated in a process of their own. One
 * repetition before a failure: the machine has two cores for everything.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { startConnectorProcess } from '../support/connector-process.ts';
import { type ManyClusters, place, startManyClusters } from '../support/many-clusters.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

interface Landscape {
  readonly many: ManyClusters;
  readonly service: TestService;
  readonly pool: Pool;
  readonly clusterIds: readonly string[];
  close(): Promise<void>;
}

async function setLandscape(count: number): Promise<Landscape> {
  const many = await startManyClusters(count);
  const service = await startTestService({ backend: 'postgres', roles: 'api' });
  const pool = new Pool({ connectionString: service.databaseUrl, max: 2 });
  const make = async (path: string, body: object) => {
    const answer = await service.api.post(path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  };
  const applicationClassId = await make('/v1/application-classes', { name: 'nextcloud' });
  const clusterIds: string[] = [];
  for (const { name, server, token } of many.clusters) {
    const clusterId = await make('/v1/clusters', { name, server, ca: many.ca, token });
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

const connect = ({ service }: Landscape) =>
  startConnectorProcess({ DATABASE_URL: service.databaseUrl, SECRETS_KEY: service.secretsKey });

async function watchedCount(pool: Pool): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as n from cluster where conditions @> '[{"type": "Watching", "status": "True"}]'`,
  );
  return rows[0].n;
}

describe('a thousand clusters', () => {
  const count = 1_000;
  let landscape: Landscape;
  before(async () => {
    landscape = await setLandscape(count);
  });
  after(() => landscape?.close());

  test('are all watched by one process within 60 s, in less than 1 GiB, with an idle tenth of a core', async (t) => {
    const startedAt = performance.now();
    const connector = connect(landscape);
    try {
      await until('all to be watched', 120, async () => (await watchedCount(landscape.pool)) === count);
      const seconds = (performance.now() - startedAt) / 1000;
      t.diagnostic(`all watched after ${seconds.toFixed(1)} s, ${connector.cpu().toFixed(1)} s of CPU`);
      // What follows a start (discovery, first collections) is not idling.
      await until('the clusters to be looked at', 180, async () => {
        const { rows } = await landscape.pool.query('select count(*)::int as n from cluster where discovery is null');
        return rows[0].n === 0;
      });
      await sleep(10_000);
      const before = connector.cpu();
      await sleep(60_000);
      const cores = (connector.cpu() - before) / 60;
      const memory = connector.memory();
      const descriptors = connector.descriptorCount();
      t.diagnostic(`idle: ${cores.toFixed(3)} cores, ${memory.toFixed(0)} MiB, ${descriptors} descriptors`);
      assert.ok(seconds <= 60, `all watched only after ${seconds.toFixed(1)} s`);
      assert.ok(memory < 1024, `${memory.toFixed(0)} MiB`);
      assert.ok(cores < 0.1, `${cores.toFixed(3)} cores`);
      assert.ok(descriptors <= 3 * count + 100, `${descriptors} descriptors`);
    } finally {
      await connector.stop();
    }
  });
});

describe('a hundred clusters, of which ten are dead and ten are slow', () => {
  const count = 100;
  const dead = Array.from({ length: 10 }, (_, i) => i);
  const slow = Array.from({ length: 10 }, (_, i) => 10 + i);
  const operationCount = 5_000;
  let landscape: Landscape;
  before(async () => {
    landscape = await setLandscape(count);
  });
  after(() => landscape?.close());

  /** Makes Operations as the scheduler does, for these clusters by turns; says how long until the healthy have theirs. */
  async function deliverySeconds(clusters: readonly string[], healthy: readonly string[], total: number) {
    const { pool } = landscape;
    await pool.query('truncate operation, fire, event cascade');
    await pool.query(
      `insert into operation (id, organization_id, cluster_id, application_instance_id, name, namespace, target, type, engine, parameters, origin,
                              requested_by, phase, conditions, outputs, warnings, created_at, deliver_before, revision, owed, next_attempt_at)
       select gen_random_uuid(), i.organization_id, i.cluster_id, i.id, 'backup-' || substr(md5(random()::text), 1, 12) || '-' || n, i.namespace, i.name,
              'Backup', 'velero', '{}', 'request', 'test', 'Pending', '[]', '{}', '[]', now(), now() + interval '1 hour', 1, 'Apply', now()
       from generate_series(1, $2::int) n join application_instance i on i.cluster_id = ($1::uuid[])[1 + n % cardinality($1::uuid[])]`,
      [clusters, total],
    );
    const startedAt = performance.now();
    await until('the healthy clusters to have theirs', 300, async () => {
      const { rows } = await pool.query(
        'select count(*)::int as n from operation where cluster_id = any($1::uuid[]) and uid is null',
        [healthy],
      );
      return rows[0].n === 0;
    });
    return (performance.now() - startedAt) / 1000;
  }

  test('the eighty others get their 5,000 Operations within a tenth of the time that they need alone', async (t) => {
    const connector = connect(landscape);
    try {
      await until('all to be watched', 120, async () => (await watchedCount(landscape.pool)) === count);
      const { clusterIds, many } = landscape;
      const healthy = clusterIds.slice(20);
      await deliverySeconds(healthy, healthy, operationCount);
      const ratios: number[] = [];
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const alone = await deliverySeconds(healthy, healthy, operationCount);
        await many.fault(dead, { kind: 'unreachable', mode: 'blackHole' });
        await many.fault(slow, { kind: 'slow', ms: 2_000 });
        const total = (operationCount * count) / healthy.length;
        const beside = await deliverySeconds(clusterIds, healthy, total);
        await many.fault([...dead, ...slow], undefined);
        ratios.push(beside / alone);
        t.diagnostic(
          `alone ${alone.toFixed(2)} s, beside the ill ones ${beside.toFixed(2)} s: ${(beside / alone).toFixed(2)}`,
        );
        await sleep(5_000);
      }
      const best = ratios.toSorted((a, b) => a - b)[1] ?? Number.NaN;
      assert.ok(best <= 1.1, `the ratios were ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
    } finally {
      await connector.stop();
    }
  });
});
