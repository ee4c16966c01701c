/** The queue decides nothing: a Redis that is stopped, or emptied, costs seconds and loses no backup. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { type OwnRedis, startOwnRedis } from '../support/own-redis.ts';
import { type Scene, setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

let redis: OwnRedis;
let cluster: SimulatedCluster;
let service: TestService;
let scene: Scene;
let pool: Pool;

const phases = async () => {
  const { rows } = await pool.query('select phase, count(*)::int as count from operation group by phase');
  return Object.fromEntries(rows.map(({ phase, count }) => [phase, count]));
};

before(async () => {
  redis = await startOwnRedis();
  cluster = await startCluster({ name: 'cluster-prod-1', speed: 100 });
  service = await startTestService({ backend: 'redis', redisUrl: redis.url });
  scene = await setScene(service.api, cluster);
  pool = new Pool({ connectionString: service.databaseUrl, max: 1 });
});
after(async () => {
  await pool?.end();
  await service?.close();
  await cluster?.close();
  await redis?.stop();
});

async function backUp(name: string): Promise<void> {
  const answer = await service.api.post('/v1/operations', {
    applicationInstanceId: scene.applicationInstanceId,
    type: 'Backup',
    name,
  });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

test('with Redis stopped requests are taken and schedules fire, and all is delivered when it returns', async () => {
  await backUp('before');
  await until('the first backup', 20, async () => (await phases()).Succeeded === 1);
  await redis.stop();
  for (let i = 0; i < 5; i += 1) await backUp(`while-away-${i}`);
  const schedule = await service.api.post('/v1/schedules', {
    applicationInstanceId: scene.applicationInstanceId,
    name: 'often',
    schedule: '* * * * *',
  });
  assert.equal(schedule.status, 201);
  await pool.query(`update schedule set next_slot_at = date_trunc('minute', now()), next_fire_at = now()`);
  await until(
    'a fire without Redis',
    10,
    async () => (await service.api.get(`/v1/operations?scheduleId=${schedule.body.id}`)).body.items.length === 1,
  );
  assert.equal((await service.api.get('/readyz')).status, 200);
  redis.start();
  await until('everything that was wanted', 30, async () => (await phases()).Succeeded >= 7);
  await service.api.patch(`/v1/schedules/${schedule.body.id}`, { suspend: true });
});

test('emptying Redis again and again loses nothing and doubles nothing', async () => {
  const { rows } = await pool.query('select count(*)::int as count from operation');
  const wanted = 40;
  const flusher = new (await import('ioredis')).Redis(redis.url);
  for (let i = 0; i < wanted; i += 1) {
    await backUp(`flushed-${i}`);
    if (i % 5 === 0) await flusher.flushall();
  }
  await flusher.flushall();
  await flusher.quit();
  const expected = rows[0].count + wanted;
  await until('every backup', 40, async () => (await phases()).Succeeded >= expected);
  const made = cluster
    .list('operations', 'org-myteam')
    .map((resource) => (resource as { metadata: { name: string } }).metadata.name);
  assert.equal(made.length, new Set(made).size);
  assert.equal(made.filter((name) => name.startsWith('flushed-')).length, wanted);
});
