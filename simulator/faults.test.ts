import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { faultKinds, fieldsOf, rowOf } from './fault-kinds.ts';
import { startCluster } from './index.ts';
import { listAt, parseJson, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, MERGE, OPERATIONS, operation, until, watch } from './testing.ts';

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

test('every answer names its flow, as priority and fairness does, and 429 does too', async () => {
  cluster.inject({ kind: 'throttle', count: 1 });
  for (const answer of [await list(), await list()]) {
    assert.ok(answer.headers['x-kubernetes-pf-flowschema-uid']);
    assert.ok(answer.headers['x-kubernetes-pf-prioritylevel-uid']);
  }
});

test('an expired token is a 401 with a Status, for as long as the fault says', async () => {
  const fault = cluster.inject({ kind: 'unauthorized' });
  const refused = await list();
  assert.deepEqual([refused.code, text(refused.body, 'reason')], [401, 'Unauthorized']);
  fault.clear();
  cluster.inject({ kind: 'unauthorized', durationMs: 50 });
  assert.equal(cluster.faults().length, 1);
  await until('the end of the fault', () => cluster.faults().length === 0);
  assert.equal((await list()).code, 200);
});

test('a conflict is told as field ownership to an apply and as a newer version to a patch', async () => {
  await apply(cluster, operation('contested'));
  cluster.inject({ kind: 'conflict', manager: 'somebody', count: 2 });
  assert.equal((await apply(cluster, operation('uncontested'))).code, 201);
  const applied = await apply(cluster, operation('contested'));
  assert.equal(applied.code, 409);
  assert.equal(text(listAt(applied.body, 'details', 'causes')[0], 'reason'), 'FieldManagerConflict');
  const patched = await call(cluster, 'PATCH', `${OPERATIONS}/contested`, { body: {}, type: MERGE });
  assert.equal(patched.code, 409);
  assert.match(text(patched.body, 'message'), /the object has been modified; please apply your changes/);
});

test('a quota refuses what goes beyond it, by apply or create, and lets the rest be', async () => {
  const limit = cluster.list('operations', 'org-myteam').length + 1;
  cluster.inject({ kind: 'quota', limit });
  assert.equal((await apply(cluster, operation('last-one'))).code, 201);
  const refused = await apply(cluster, operation('one-too-many'));
  assert.equal(refused.code, 403);
  assert.equal(
    text(refused.body, 'message'),
    `operations.ops.vworkspace.io "one-too-many" is forbidden: exceeded quota: object-counts, requested: count/operations.ops.vworkspace.io=1, used: count/operations.ops.vworkspace.io=${limit}, limited: count/operations.ops.vworkspace.io=${limit}`,
  );
  assert.equal((await apply(cluster, operation('last-one'))).code, 200);
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

test('truncated cleanly, an answer and a watch event are well framed and no JSON', async () => {
  cluster.inject({ kind: 'truncate', mode: 'clean', count: 1 });
  const half = await list();
  assert.equal(half.code, 200);
  assert.throws(() => JSON.parse(half.text));
  cluster.inject({ kind: 'truncate', mode: 'clean', verbs: ['watch'], count: 1 });
  const lines = await call(cluster, 'GET', `${OPERATIONS}?watch=1&timeoutSeconds=1`);
  const [broken = '', whole = ''] = lines.text.split('\n');
  assert.throws(() => JSON.parse(broken));
  assert.equal(text(parseJson(whole), 'type'), 'ADDED');
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
  cluster.inject({ kind: 'webhookDown', afterMs: 80, count: 2 });
  const begun = performance.now();
  const dryRun = await apply(cluster, operation('denied'), 'fieldManager=test&dryRun=All');
  assert.equal(dryRun.code, 500);
  assert.ok(performance.now() - begun >= 79);
  assert.match(dryRun.text, /context deadline exceeded/);
  await assert.rejects(call(cluster, 'POST', OPERATIONS, { body: operation('denied'), timeoutMs: 30 }), /timed out/);
});

test('a dry run asks the webhook, and stores nothing', async () => {
  const dryRun = (name: string, spec = {}): ReturnType<typeof apply> =>
    apply(cluster, operation(name, spec), 'fieldManager=test&dryRun=All');
  assert.equal((await dryRun('tried')).code, 201);
  const denied = await dryRun('tried', { parameters: { nonsense: 'x' } });
  assert.equal(denied.code, 403);
  assert.match(denied.text, /Additional property nonsense is not allowed/);
  assert.equal(cluster.get('operations', 'org-myteam', 'tried'), undefined);
});

test('the control endpoint sets and clears faults, and refuses what is no fault or no loopback', async () => {
  const url = cluster.controlUrl ?? '';
  const post = (body: unknown): Promise<Response> =>
    fetch(`${url}/faults`, { method: 'POST', body: JSON.stringify(body) });
  for (const wrong of [
    { kind: 'nonsense' },
    { kind: 'slow' },
    { kind: 'slow', ms: '80' },
    { kind: 'mute', ms: 80 },
    { kind: 'unreachable', mode: 'sideways' },
    { kind: 'crdGone' },
    { kind: 'mute', verbs: 'list' },
  ])
    assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong));
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

test('the README has every fault with its fields and what it does', async () => {
  const readme = await readFile(new URL('./README.md', import.meta.url), 'utf8');
  const cells = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const rows = cells.filter(([, kind = '']) => /^`\w+`$/.test(kind)).map(([, ...row]) => row.slice(0, 3));
  const expected = faultKinds().map((kind) => [
    `\`${kind}\``,
    fieldsOf(kind).replaceAll('|', ' or '),
    rowOf(kind).does,
  ]);
  assert.deepEqual(rows, expected);
});
