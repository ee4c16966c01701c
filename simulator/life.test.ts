import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { after, before, test } from 'node:test';
import type { ClusterOptions } from './index.ts';
import { makeTls, startCluster } from './index.ts';
import type { Json, JsonObject } from './json.ts';
import { at, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import {
  apply,
  call,
  claimFor,
  condition,
  OPERATIONS,
  operation,
  phase,
  reached,
  restore,
  stored,
  until,
} from './testing.ts';
import type { ServerTls } from './tls.ts';

let tls: ServerTls;
let fast: SimulatedCluster;

async function start(options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await startCluster({ tls, speed: 400, ...options });
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  return cluster;
}

async function own(context: TestContext, options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const cluster = await start(options);
  context.after(() => cluster.close());
  return cluster;
}

before(async () => {
  tls = await makeTls();
  fast = await start();
});
after(() => fast.close());

test('a backup ends Succeeded with its outputs, conditions and the finalizer', async () => {
  await apply(fast, operation('nightly', { parameters: { storageLocation: 'aws-primary', ttl: '720h' } }));
  await reached(fast, 'nightly', 'Succeeded');
  const done = stored(fast, 'nightly');
  assert.deepEqual(Object.keys(at(done, 'status', 'outputs') as JsonObject).toSorted(), [
    'backupItemCount',
    'backupName',
    'backupSizeBytes',
    'storageLocation',
  ]);
  assert.equal(condition(fast, 'nightly', 'Accepted'), 'True/TemplateValidated');
  assert.equal(condition(fast, 'nightly', 'Running'), 'False/VeleroBackupSucceeded');
  assert.equal(condition(fast, 'nightly', 'Succeeded'), 'True/VeleroBackupCompleted');
  assert.deepEqual(at(done, 'metadata', 'finalizers'), ['ops.vworkspace.io/finalizer']);
  assert.equal(
    text(stored(fast, 'nightly', 'backups', 'velero'), 'metadata', 'labels', 'ops.vworkspace.io/operation'),
    text(done, 'metadata', 'uid'),
  );
});

test('Velero runs one backup at a time', async (context) => {
  const cluster = await own(context, { speed: 50 });
  for (const name of ['first', 'second', 'third']) await apply(cluster, operation(name));
  let most = 0;
  await until('all done', () => {
    const running = cluster
      .list('backups')
      .filter((each) => text(each as Json, 'status', 'phase') === 'InProgress').length;
    most = Math.max(most, running);
    return ['first', 'second', 'third'].every((name) => phase(cluster, name) === 'Succeeded');
  });
  assert.equal(most, 1);
});

test('a ttl that is no Go duration breaks the backup, not the apply', async (context) => {
  // At the pace of a real one: a look after the end accepts it again.
  const cluster = await own(context, { speed: 1 });
  assert.equal((await apply(cluster, operation('days', { parameters: { ttl: '30d' } }))).code, 201);
  for (let second = 0; second < 60 && phase(cluster, 'days') !== 'Failed'; second += 1) await cluster.advance(1_000);
  assert.equal(phase(cluster, 'days'), 'Failed');
  assert.equal(condition(cluster, 'days', 'Accepted'), 'False/VeleroBackupValidationFailed');
});

test('the two vocabularies end a partial failure differently', async (context) => {
  fast.inject({ kind: 'backup', outcome: 'PartiallyFailed', reason: 'volume pvc-1 skipped', count: 1 });
  await apply(fast, operation('partly'));
  await reached(fast, 'partly', 'Succeeded');
  assert.equal(condition(fast, 'partly', 'Degraded'), 'True/PartialFailure');
  assert.deepEqual(at(stored(fast, 'partly'), 'status', 'outputs', 'warnings'), ['volume pvc-1 skipped']);
  const cluster = await own(context, { vocabulary: 'code' });
  cluster.inject({ kind: 'backup', outcome: 'PartiallyFailed', count: 1 });
  await apply(cluster, operation('partly'));
  await reached(cluster, 'partly', 'Failed');
  assert.equal(condition(cluster, 'partly', 'Failed'), 'True/EngineFailed');
});

test('a restore works from a finished backup and fails without one', async (context) => {
  const cluster = await own(context);
  await apply(cluster, operation('source'));
  await reached(cluster, 'source', 'Succeeded');
  await apply(cluster, restore('back', 'source'));
  await reached(cluster, 'back', 'Succeeded');
  assert.equal(text(stored(cluster, 'back'), 'status', 'outputs', 'restoreName'), 'back');
  await apply(cluster, restore('nowhere', 'no-such-backup'));
  await reached(cluster, 'nowhere', 'Failed');
});

test('deleting a running Operation cancels it; deleting a finished one leaves data that Velero finds again', async (context) => {
  const cluster = await own(context, { speed: 300 });
  cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 });
  await apply(cluster, operation('running'));
  await reached(cluster, 'running', 'Running');
  await call(cluster, 'DELETE', `${OPERATIONS}/running`);
  await until('gone', () => cluster.get('operations', 'org-myteam', 'running') === undefined);
  assert.equal(cluster.get('backups', 'velero', 'running'), undefined);
  await apply(cluster, operation('finished'));
  await reached(cluster, 'finished', 'Succeeded');
  await call(cluster, 'DELETE', `${OPERATIONS}/finished`);
  await until('its backup deleted', () => cluster.get('backups', 'velero', 'finished') === undefined);
  await until('its backup found again', () => cluster.get('backups', 'velero', 'finished') !== undefined);
});

test('admission refuses what the operator refuses, as a webhook does', async () => {
  const denied = async (object: JsonObject, why: RegExp): Promise<void> => {
    const answer = await apply(fast, object);
    assert.equal(answer.code, 403, answer.text);
    assert.equal(text(answer.body, 'reason'), 'Forbidden');
    assert.match(text(answer.body, 'message'), /^admission webhook "voperation\.kb\.io" denied the request: /);
    assert.match(text(answer.body, 'message'), why);
  };
  await denied(operation('d1', { engine: 'helm' }), /no operation template/);
  await denied(
    operation('d2', {
      targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'absent' },
    }),
    /not found/,
  );
  await denied(
    operation('d3', { type: 'Upgrade', engine: 'helm' }),
    /does not declare capability ops\.vworkspace\.io\/upgrade=helm/,
  );
  await denied(
    operation('d4', { parameters: { storageClassMapping: {} } }),
    /Additional property storageClassMapping is not allowed/,
  );
  await denied(restore('d5', ''), /parameters\.backupName is required/);
  await apply(fast, operation('fixed'));
  await denied(operation('fixed', { engine: 'helm' }), /spec\.engine is immutable/);
});

test('an old operator knows fewer parameters, and a namespace may allow fewer types', async (context) => {
  const cluster = await own(context, { operatorVersion: '0.0.6' });
  assert.equal((await apply(cluster, operation('ttl', { parameters: { ttl: '1h' } }))).code, 403);
  assert.equal((await apply(cluster, operation('retention', { parameters: { retention: '1h' } }))).code, 201);
  cluster.put('namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'org-myteam', annotations: { 'ops.vworkspace.io/allowed-types': 'Restore' } },
  });
  assert.match((await apply(cluster, operation('type'))).text, /Operation type \\"Backup\\" is not allowed/);
});

test('a Restore waits for a valid claim, and blocks backups of its target meanwhile', async (context) => {
  const cluster = await own(context, { requireRestoreApproval: true });
  await apply(cluster, operation('source'));
  await reached(cluster, 'source', 'Succeeded');
  await apply(cluster, restore('waits', 'source'));
  await until('blocked', () => condition(cluster, 'waits', 'Blocked') === 'True/AwaitingApproval');
  assert.match((await apply(cluster, operation('meanwhile'))).text, /conflicting Operation/);
  const soon = Math.floor(Date.now() / 1000) + 60;
  const given = (value: string): Promise<{ readonly code: number }> =>
    apply(cluster, restore('waits', 'source', { approvals: { claim: value } }));
  assert.equal((await given(claimFor('other', soon))).code, 403);
  assert.equal((await given(claimFor('waits', soon - 120))).code, 403);
  assert.equal((await given(claimFor('waits', soon))).code, 200);
  await reached(cluster, 'waits', 'Succeeded');
  assert.equal(condition(cluster, 'waits', 'Blocked'), 'False/Unblocked');
});

test('an Operation of a namespace that is not open is left alone', async () => {
  fast.addNamespace('closed', { labels: {} });
  fast.addApplicationInstance('closed', 'nextcloud');
  await call(fast, 'POST', '/apis/ops.vworkspace.io/v1alpha1/namespaces/closed/operations', {
    body: operation('ignored'),
  });
  await apply(fast, operation('beside'));
  await reached(fast, 'beside', 'Succeeded');
  assert.equal(at(fast.get('operations', 'closed', 'ignored') as Json, 'status'), undefined);
});
