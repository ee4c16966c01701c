/** Calls to one cluster share its few connections, and none of them waits for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorder } from '../../../test/support/kubernetes/recorder.ts';
import {
  answerJson,
  manifest,
  multiplexed,
  operationObject,
  scripted,
  silentLog,
  soon,
  targetOf,
  until,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { within } from '../../../test/support/until.ts';
import { clusterApi } from '../cluster-api.ts';

const timings = { connectSeconds: 0.5, callSeconds: 0.6 };
const stored = operationObject('a', '1', 'Pending');

test('calls share connections, never more than three; changed credentials get another one', async () => {
  await using server = await scripted((_request, response) => setTimeout(() => answerJson(response, 200, stored), 5));
  const api = clusterApi({ log: silentLog });
  await Promise.all(Array.from({ length: 40 }, () => api.apply(server.target, manifest('a'), soon())));
  const count = multiplexed() ? 1 : 3;
  assert.equal(server.connectionCount(), count);
  const renewed = targetOf({ ...server.target.access, token: 'renewed' });
  await api.apply(renewed, manifest('a'), soon());
  assert.equal(server.connectionCount(), count + 1);
  assert.equal(server.requests.at(-1)?.headers.authorization, 'Bearer renewed');
  await api.close();
  await until(() => server.openSockets() === 0, 'all sockets closed');
});

test('a call that waits for a connection that never becomes free ends in time, too', async () => {
  await using server = await scripted((request, response) => {
    if (request.url?.includes('watch=true')) response.writeHead(200).flushHeaders();
    else if (request.method === 'GET') answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
  });
  const api = clusterApi({ log: silentLog, timings });
  const stop = new AbortController();
  const watcher = recorder();
  const watched = api.watch(server.target, watcher, stop.signal);
  await until(() => watcher.states.length > 0, 'both watches hold their connection');
  const calls = Array.from({ length: 12 }, () => api.apply(server.target, manifest('a'), soon()));
  const answers = await within('every call', 3, Promise.all(calls));
  assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['Unreachable']));
  stop.abort();
  await watched;
  await api.close();
});

test('changed credentials leave no gap: running calls end on the old connection, new calls use a new one', async () => {
  const release = Promise.withResolvers<void>();
  await using server = await scripted((request, response) => {
    if (request.headers.authorization === 'Bearer renewed') answerJson(response, 200, stored);
    else void release.promise.then(() => answerJson(response, 200, stored));
  });
  const api = clusterApi({ log: silentLog });
  const before = api.apply(server.target, manifest('a'), soon());
  await until(() => server.requests.length === 1, 'the first call is under way');
  const renewed = targetOf({ ...server.target.access, token: 'renewed' });
  assert.equal((await api.apply(renewed, manifest('a'), soon())).kind, 'Applied');
  release.resolve();
  assert.equal((await before).kind, 'Applied');
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    ['Bearer canary-token', 'Bearer renewed'],
  );
  await until(() => server.openSockets() === 1, 'the old connection is closed');
  await api.close();
});
