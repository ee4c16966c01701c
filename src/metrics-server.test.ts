import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../test/support/kubernetes/scripted-cluster.ts';
import { serveMetrics } from './metrics-server.ts';

const read = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' });
const address = { host: '127.0.0.1', port: 0, required: true };

test('metrics have an address of their own, which serves nothing else', async () => {
  const server = await serveMetrics(address, read, silentLog);
  assert.ok(server);
  const answer = await fetch(server.url);
  assert.deepEqual([await answer.text(), answer.headers.get('content-type')], ['up 1\n', 'text/plain; version=0.0.4']);
  assert.equal((await fetch(new URL('/v1/clusters', server.url))).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 404);
  await server.close();
});

test('a port that is taken stops the start only when it was chosen', async () => {
  const first = await serveMetrics(address, read, silentLog);
  assert.ok(first);
  const taken = { host: '127.0.0.1', port: Number(new URL(first.url).port) };
  assert.equal(await serveMetrics({ ...taken, required: false }, read, silentLog), undefined);
  await assert.rejects(serveMetrics({ ...taken, required: true }, read, silentLog), /METRICS_PORT/);
  await first.close();
});

test('metrics that cannot be read are a failure, not a hang', async () => {
  const server = await serveMetrics(address, () => Promise.reject(new Error('secret')), silentLog);
  assert.ok(server);
  const answer = await fetch(server.url);
  assert.deepEqual([answer.status, await answer.text()], [500, '']);
  await server.close();
});
