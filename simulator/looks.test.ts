import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { before, test } from 'node:test';
import { makeTls, startCluster } from './index.ts';
import type { JsonObject } from './json.ts';
import { listAt, text } from './json.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import {
  apply,
  call,
  claimFor,
  condition,
  MERGE,
  OPERATIONS,
  operation,
  phase,
  restore,
  stored,
  until,
} from './testing.ts';
import type { ServerTls } from './tls.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let tls: ServerTls;
before(async () => {
  tls = await makeTls();
});

/** At the pace of a real one: time is moved instead. */
async function own(context: TestContext, options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await startCluster({ tls, vocabulary: 'code', ...options });
  context.after(() => cluster.close());
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  return cluster;
}

async function finished(cluster: SimulatedCluster, object: JsonObject): Promise<void> {
  const answer = await apply(cluster, object);
  assert.ok(answer.code < 300, answer.text);
  await cluster.advance(2 * MINUTE);
  const name = text(object, 'metadata', 'name');
  assert.equal(phase(cluster, name), 'Succeeded', JSON.stringify(stored(cluster, name)));
}

const label = (cluster: SimulatedCluster, name: string): ReturnType<typeof call> =>
  call(cluster, 'PATCH', `${OPERATIONS}/${name}`, {
    body: { metadata: { labels: { touched: crypto.randomUUID() } } },
    type: MERGE,
  });
const drop = (cluster: SimulatedCluster, name: string): ReturnType<typeof call> =>
  call(cluster, 'DELETE', `${OPERATIONS}/${name}`);
const time = (cluster: SimulatedCluster, name: string, field: string): number =>
  Date.parse(text(stored(cluster, name), 'status', field));
const exists = (cluster: SimulatedCluster, name: string, resource = 'operations', namespace = 'org-myteam'): boolean =>
  cluster.get(resource, namespace, name) !== undefined;

/** A Backup that stays in flight, and the finished Restore beside it. */
async function beside(context: TestContext, options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await own(context, options);
  await finished(cluster, operation('source'));
  await finished(cluster, restore('back', 'source'));
  cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 });
  await apply(cluster, operation('runs'));
  await cluster.advance(10 * SECOND);
  assert.equal(phase(cluster, 'runs'), 'Running');
  return cluster;
}

test('each look at a finished Operation moves its end and not its start, whatever made the operator look', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('nightly'));
  const startedAt = time(cluster, 'nightly', 'startedAt');
  const looks: Record<string, () => unknown> = {
    'its own restart': () => cluster.restartOperator(),
    'a restart of the API server': () => cluster.restartApiServer(),
    'a label': () => label(cluster, 'nightly'),
    'a resync': () => cluster.advance(10 * HOUR),
  };
  await cluster.advance(HOUR);
  for (const [what, look] of Object.entries(looks)) {
    const finishedAt = time(cluster, 'nightly', 'finishedAt');
    await cluster.advance(MINUTE);
    assert.equal(time(cluster, 'nightly', 'finishedAt'), finishedAt, 'nobody looked');
    await look();
    await cluster.advance(3 * SECOND);
    assert.ok(time(cluster, 'nightly', 'finishedAt') >= finishedAt + MINUTE, what);
    assert.equal(phase(cluster, 'nightly'), 'Succeeded');
  }
  assert.equal(time(cluster, 'nightly', 'startedAt'), startedAt);
});

test('a Failed Operation is looked at with back-off for ever, up to 1,000 s apart, and never run again', async (context) => {
  const cluster = await own(context);
  cluster.inject({ kind: 'backup', outcome: 'Failed', count: 1 });
  await apply(cluster, operation('fails'));
  await cluster.advance(MINUTE);
  assert.equal(phase(cluster, 'fails'), 'Failed');
  const startedAt = time(cluster, 'fails', 'startedAt');
  await cluster.advance(2 * HOUR);
  const ends = new Set<number>();
  for (let minute = 0; minute < 100; minute += 1) {
    await cluster.advance(MINUTE);
    ends.add(time(cluster, 'fails', 'finishedAt'));
  }
  const apart = [...ends].slice(1).map((end, index) => end - ([...ends][index] ?? 0));
  assert.ok(ends.size >= 6 && ends.size <= 8, `${ends.size} looks in 100 minutes`);
  assert.ok(
    apart.every((each) => Math.abs(each - 1_000 * SECOND) <= 2 * SECOND),
    String(apart),
  );
  assert.deepEqual([phase(cluster, 'fails'), time(cluster, 'fails', 'startedAt')], ['Failed', startedAt]);
});

test('a finished Restore that is looked at while a Backup runs, and that Backup, block each other for ever', async (context) => {
  const cluster = await beside(context);
  await cluster.advance(HOUR);
  assert.deepEqual([phase(cluster, 'back'), phase(cluster, 'runs')], ['Succeeded', 'Running'], 'while nobody looks');
  cluster.restartOperator();
  await cluster.advance(2 * SECOND);
  assert.equal(phase(cluster, 'back'), 'Pending');
  assert.equal(condition(cluster, 'back', 'Blocked'), 'True/ConflictingOperation');
  assert.equal(condition(cluster, 'back', 'Accepted'), 'False/ValidationFailed');
  assert.equal(condition(cluster, 'back', 'Succeeded'), 'True/EngineCompleted');
  await cluster.advance(6 * SECOND);
  assert.equal(condition(cluster, 'runs', 'Blocked'), 'True/ConflictingOperation');
  await cluster.advance(20 * HOUR);
  for (const name of ['back', 'runs']) {
    assert.equal(phase(cluster, name), 'Pending', name);
    assert.equal((await label(cluster, name)).code, 403, name);
    assert.equal((await drop(cluster, name)).code, 200, name);
  }
  await cluster.advance(HOUR);
  assert.ok(exists(cluster, 'back') && exists(cluster, 'runs'), 'the removal of its finalizer is denied');
  cluster.setWebhooks(false);
  await cluster.advance(HOUR);
  assert.ok(!exists(cluster, 'back') && !exists(cluster, 'runs'), 'and goes through without the webhook');
});

test('a Backup whose copy is gone is run again when it is looked at, and when it is unblocked', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('expired'));
  const startedAt = time(cluster, 'expired', 'startedAt');
  const run = async (): Promise<void> => {
    cluster.removeCopy('expired');
    await cluster.advance(2 * MINUTE);
    assert.ok(!exists(cluster, 'expired', 'backups', 'velero'));
  };
  await run();
  await label(cluster, 'expired');
  await cluster.advance(MINUTE);
  assert.equal(phase(cluster, 'expired'), 'Succeeded');
  const again = time(cluster, 'expired', 'startedAt');
  assert.ok(again >= startedAt + 2 * MINUTE && exists(cluster, 'expired', 'backups', 'velero'));
  await finished(cluster, operation('source'));
  cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 });
  await apply(cluster, restore('waits', 'source'));
  await cluster.advance(10 * SECOND);
  await run();
  cluster.restartOperator();
  await cluster.advance(3 * SECOND);
  assert.equal(phase(cluster, 'expired'), 'Pending');
  cluster.setWebhooks(false);
  await drop(cluster, 'waits');
  await cluster.advance(MINUTE);
  assert.deepEqual(
    [phase(cluster, 'expired'), condition(cluster, 'expired', 'Blocked')],
    ['Succeeded', 'False/Unblocked'],
  );
  assert.ok(time(cluster, 'expired', 'startedAt') >= again + 2 * MINUTE);
});

test('a finished Restore is deleted at once while nothing of its target is in flight, and its Backup stays', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('source'));
  await finished(cluster, restore('back', 'source'));
  await drop(cluster, 'back');
  await cluster.advance(0.2 * SECOND);
  assert.ok(!exists(cluster, 'back'));
  await cluster.advance(HOUR);
  assert.ok(exists(cluster, 'source', 'backups', 'velero'));
});

test('the deletion of a finished Restore is denied while a Backup runs, and goes through 5 s after its end', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('source'));
  await finished(cluster, restore('back', 'source'));
  await apply(cluster, operation('runs'));
  await cluster.advance(2 * SECOND);
  await drop(cluster, 'back');
  await cluster.advance(5 * SECOND);
  assert.equal(phase(cluster, 'runs'), 'Running');
  assert.notEqual(text(stored(cluster, 'back'), 'metadata', 'deletionTimestamp'), '');
  while (phase(cluster, 'runs') !== 'Succeeded') await cluster.advance(SECOND);
  await cluster.advance(5 * SECOND);
  assert.ok(!exists(cluster, 'back'));
});

test('an Operation whose target was deleted first can be neither changed nor deleted, and holds its namespace', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('orphan'));
  await call(
    cluster,
    'DELETE',
    '/apis/apps.vworkspace.io/v1alpha1/namespaces/org-myteam/applicationinstances/nextcloud',
  );
  assert.match((await label(cluster, 'orphan')).text, /denied the request: target ApplicationInstance .* not found/);
  assert.equal((await drop(cluster, 'orphan')).code, 200);
  cluster.deleteNamespace('org-myteam');
  await cluster.advance(HOUR);
  assert.notEqual(text(stored(cluster, 'orphan'), 'metadata', 'deletionTimestamp'), '');
  assert.equal(text(stored(cluster, 'org-myteam', 'namespaces', ''), 'status', 'phase'), 'Terminating');
});

test('an Operation whose claim has expired can be neither changed nor deleted; before, it can', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('source'));
  const exp = Math.floor(Date.now() / 1000) + 3600;
  for (const name of ['early', 'late'])
    await finished(cluster, restore(name, 'source', { approvals: { claim: claimFor(name, exp) } }));
  assert.equal((await label(cluster, 'late')).code, 200);
  await drop(cluster, 'early');
  await cluster.advance(HOUR);
  assert.match(
    (await label(cluster, 'late')).text,
    /denied the request: approval claim is not valid: claim has expired/,
  );
  await drop(cluster, 'late');
  cluster.deleteNamespace('org-myteam');
  await cluster.advance(HOUR);
  assert.deepEqual([exists(cluster, 'early'), exists(cluster, 'late')], [false, true]);
  assert.equal(text(stored(cluster, 'org-myteam', 'namespaces', ''), 'status', 'phase'), 'Terminating');
});

test('a namespace whose Operations may go is gone with them', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('source'));
  cluster.deleteNamespace('org-myteam');
  await cluster.advance(MINUTE);
  assert.equal(cluster.get('namespaces', undefined, 'org-myteam'), undefined);
});

test('without its webhook nothing is denied: conflicts and missing claims show as Pending, Blocked', async (context) => {
  const cluster = await own(context, { webhooks: false, requireRestoreApproval: true });
  const helm = operation('upgrade', { type: 'Upgrade', engine: 'helm' });
  assert.equal((await apply(cluster, helm, 'fieldManager=test&dryRun=All')).code, 201, 'a dry run that must be denied');
  await finished(cluster, operation('source'));
  await apply(cluster, restore('waits', 'source'));
  await apply(cluster, operation('conflicts'));
  await apply(cluster, helm);
  await cluster.advance(SECOND);
  const seen = ['waits', 'conflicts', 'upgrade'].map((name) => [
    phase(cluster, name),
    condition(cluster, name, 'Blocked'),
  ]);
  assert.deepEqual(seen, [
    ['Pending', 'True/AwaitingApproval'],
    ['Pending', 'True/ConflictingOperation'],
    ['Pending', 'True/ValidationFailed'],
  ]);
});

test('with the operator down its webhook fails every write of an Operation; without a webhook nothing tells', async (context) => {
  const cluster = await own(context);
  cluster.stopOperator();
  for (const query of ['fieldManager=test', 'fieldManager=test&dryRun=All']) {
    const answer = await apply(cluster, operation('refused'), query);
    assert.equal(answer.code, 500);
    assert.match(text(answer.body, 'message'), /failed calling webhook "voperation\.kb\.io"/);
  }
  cluster.setWebhooks(false);
  assert.equal((await apply(cluster, operation('silent'))).code, 201);
  await cluster.advance(HOUR);
  assert.equal(phase(cluster, 'silent'), '');
  const conditions = listAt(stored(cluster, 'simulated', 'clusters', ''), 'status', 'conditions');
  assert.ok(
    conditions.some((each) => text(each, 'type') === 'ControllersHealthy' && text(each, 'status') === 'True'),
    'its Cluster says what it said last',
  );
  cluster.startOperator();
  await cluster.advance(MINUTE);
  assert.equal(phase(cluster, 'silent'), 'Succeeded');
});

test('a restart of the API server ends watches and connections, and answers again with what was stored', async (context) => {
  const cluster = await own(context);
  await finished(cluster, operation('kept'));
  await cluster.restartApiServer();
  const answer = await until('an answer', () => call(cluster, 'GET', `${OPERATIONS}/kept`));
  assert.equal((await answer).code, 200);
});
