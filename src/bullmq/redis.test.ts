/**
 * The contract of the queues over Redis, and what only Redis has: a restart without its data, a password, an eviction
 * policy.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { required, uniqueName } from '../../test/support/bullmq/environment.ts';
import { eventually } from '../../test/support/bullmq/eventually.ts';
import { testQueueContract } from '../../test/support/bullmq/queue-contract.ts';
import { recordedLog } from '../../test/support/bullmq/recorded-log.ts';
import { startQueues } from './queues.ts';

const url = required('TEST_REDIS_URL');
const redisServer = required('REDIS_SERVER_BIN');

testQueueContract('Redis', {
  concurrency: 20,
  connection: () => ({ kind: 'redis', url }),
  // The keys of one prefix, as the server is shared with other tests.
  async empty(prefix) {
    const redis = new Redis(url);
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(keys);
    redis.disconnect();
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function startRedis(port: number, password: string): ChildProcess {
  const options = ['--save', '', '--appendonly', 'no', '--requirepass', password, '--maxmemory-policy', 'allkeys-lru'];
  return spawn(redisServer, ['--port', String(port), '--bind', '127.0.0.1', ...options], { stdio: 'ignore' });
}

test('a Redis that is flushed, killed, and restarted empty costs no tick and no delivery', async (t) => {
  const port = await freePort();
  const password = 'canary-of-a-password';
  const connection = { kind: 'redis', url: `redis://:${password}@127.0.0.1:${port}` } as const;
  let redis = startRedis(port, password);
  t.after(() => redis.kill('SIGKILL'));
  const log = recordedLog();
  const ticks: number[] = [];
  let due: string[] = [];
  const queues = await startQueues({
    connection,
    prefix: uniqueName(),
    log,
    onTick: async () => void ticks.push(Date.now()),
    onDeliver: async (clusterId) => {
      due = due.filter((other) => other !== clusterId);
    },
    dueClusters: async () => due,
  });
  t.after(() => queues.close(500));
  await eventually('connected', () => queues.health().connected, 8_000);
  await eventually(
    'eviction logged',
    () => log.count('Redis may evict jobs: set its maxmemory-policy to noeviction') > 0,
    5_000,
  );

  const admin = new Redis(connection.url);
  await admin.flushall();
  admin.disconnect();
  due = ['a'];
  await eventually('a delivery after FLUSHALL', () => due.length === 0, 3_000);

  const ended = once(redis, 'exit');
  redis.kill('SIGKILL');
  await ended;
  due = ['b'];
  await eventually('unreachable', () => !queues.health().connected, 4_000);
  redis = startRedis(port, password);
  await eventually('a delivery after the restart', () => due.length === 0, 6_000);
  const count = ticks.length;
  await eventually('ticks', () => ticks.length >= count + 2, 4_000);

  const gaps = ticks.slice(1).map((at, index) => at - (ticks[index] ?? at));
  assert.ok(Math.max(...gaps) < 5_000, `no tick for ${Math.max(...gaps)} ms`);
  assert.ok(!log.lines.some((line) => line.text.includes(password)), 'the password was logged');
});
