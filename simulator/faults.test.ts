import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, OPERATIONS, operation, until, watch } from './testing.ts';

let cluster: SimulatedCluster;
before(async () => {
  cluster = await startCluster({ controlPort: 0 });
  cluster.addNamespace('org-myteam', { labels: {} });
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
});
after(() => cluster.close());
afterEach(() => cluster.clearFaults());

const list = (timeoutMs = 10_000): ReturnType<typeof call> => call(cluster, 'GET', OPERATIONS, { timeoutMs });

test('a stopped or unreachable cluster refuses connections and comes back with its state on the same port', async () => {
  await apply(cluster, operation('survives'));
  await cluster.stop();
  await assert.rejects(list(), { code: 'ECONNREFUSED' });
  await cluster.start();
  assert.equal((await call(cluster, 'GET', `${OPERATIONS}/survives`)).code, 200);
  const fault = cluster.inject({ kind: 'unreachable' });
  await assert.rejects(list());
  fault.clear();
  await cluster.start();
  assert.equal((await list()).code, 200);
  cluster.inject({ kind: 'unreachable', mode: 'reset', count: 1 });
  await assert.rejects(list(), { code: 'ECONNRESET' });
  assert.equal((await list()).code, 200);
});

test('a mute cluster never answers, a slow one late', async () => {
  cluster.inject({ kind: 'mute', verbs: ['list'], count: 1 });
  await assert.rejects(list(100), /timed out/);
  cluster.inject({ kind: 'slow', ms: 80, count: 1 });
  const begun = performance.now();
  assert.equal((await list()).code, 200);
  assert.ok(performance.now() - begun >= 79);
});

test('throttling and errors carry what a client must read', async () => {
  cluster.inject({ kind: 'throttle', retryAfterSeconds: 7, count: 1 });
  const throttled = await list();
  assert.equal(throttled.code, 429);
  assert.equal(throttled.headers['retry-after'], '7');
  assert.equal(throttled.text, 'Too many requests, please try again later.\n');
  cluster.inject({ kind: 'error', code: 503, count: 1 });
  const broken = await list();
  assert.equal(text(broken.body, 'reason'), 'ServiceUnavailable');
});

test('an answer cut after the commit leaves the object behind', async () => {
  cluster.inject({ kind: 'cutAfterCommit', count: 1 });
  await assert.rejects(apply(cluster, operation('committed')));
  assert.notEqual(cluster.get('operations', 'org-myteam', 'committed'), undefined);
  assert.equal((await apply(cluster, operation('committed'))).code, 200);
});

test('a truncated answer ends in the middle', async () => {
  cluster.inject({ kind: 'truncate', count: 1 });
  await assert.rejects(list());
});

test('watches can be dropped, silenced and expired', async () => {
  const dropped = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('its head', () => dropped.events.length > 0);
  cluster.inject({ kind: 'dropWatches', count: 1 });
  await dropped.ended;
  const silent = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('its head', () => silent.events.length > 0);
  const before = silent.events.length;
  const fault = cluster.inject({ kind: 'silentWatches' });
  await apply(cluster, operation('unheard'));
  await list();
  assert.equal(silent.events.length, before);
  fault.clear();
  await until('what was missed', () =>
    silent.events.some((event) => text(event.object, 'metadata', 'name') === 'unheard'),
  );
  silent.close();
  cluster.inject({ kind: 'expired', count: 1 });
  const expired = watch(cluster, `${OPERATIONS}?watch=1&resourceVersion=5000`);
  await expired.ended;
  assert.equal(expired.events[0]?.object.code, 410);
  cluster.inject({ kind: 'expired', asHttp: true, count: 1 });
  assert.equal((await call(cluster, 'GET', `${OPERATIONS}?watch=1&resourceVersion=5000`)).code, 410);
});

test('the webhook denies with a given text, or is down', async () => {
  cluster.inject({ kind: 'deny', message: 'outside the maintenance window', count: 1 });
  assert.match((await apply(cluster, operation('denied'))).text, /denied the request: outside the maintenance window/);
  cluster.inject({ kind: 'webhookDown', count: 1 });
  const down = await apply(cluster, operation('denied'));
  assert.equal(down.code, 500);
  assert.match(down.text, /failed calling webhook/);
});

test('the control endpoint sets and clears faults, and refuses what is no fault or no loopback', async () => {
  const url = cluster.controlUrl ?? '';
  const post = (body: unknown): Promise<Response> =>
    fetch(`${url}/faults`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal((await post({ kind: 'nonsense' })).status, 400);
  assert.equal((await post({ kind: 'throttle', verbs: ['list'] })).status, 200);
  assert.equal((await list()).code, 429);
  assert.equal(((await (await fetch(`${url}/faults`)).json()) as unknown[]).length, 1);
  await fetch(`${url}/faults`, { method: 'DELETE' });
  assert.equal((await list()).code, 200);
});

test('requests are counted by verb and logged', async () => {
  const before = cluster.requests.byVerb().list ?? 0;
  await list();
  assert.equal(cluster.requests.byVerb().list, before + 1);
  const last = cluster.requests.log.at(-1);
  assert.deepEqual(
    { verb: last?.verb, resource: last?.resource, code: last?.code },
    { verb: 'list', resource: 'operations', code: 200 },
  );
});
