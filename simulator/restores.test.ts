import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { before, test } from 'node:test';
import { makeTls, startCluster } from './index.ts';
import type { Json, JsonObject } from './json.ts';
import { at, listAt, objectAt, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, OPERATIONS, operation, phase, restore, stored } from './testing.ts';
import type { ServerTls } from './tls.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const EXCLUDED = { 'velero.io/exclude-from-backup': 'true' };

let tls: ServerTls;
before(async () => {
  tls = await makeTls();
});

/** At the pace of a real one: time is moved instead. */
async function own(context: TestContext): Promise<SimulatedCluster> {
  const cluster = await startCluster({ tls, vocabulary: 'code' });
  context.after(() => cluster.close());
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  return cluster;
}

async function ends(cluster: SimulatedCluster, object: JsonObject, wanted = 'Succeeded'): Promise<void> {
  const answer = await apply(cluster, object);
  assert.ok(answer.code < 300, answer.text);
  await cluster.advance(2 * MINUTE);
  assert.equal(phase(cluster, text(object, 'metadata', 'name')), wanted);
}

/** What Velero said last of a Restore: the operator deletes it with its failure. */
async function ending(cluster: SimulatedCluster, name: string): Promise<JsonObject> {
  let seen: JsonObject = {};
  while (!['Failed', 'Succeeded'].includes(phase(cluster, name))) {
    const engine = stored(cluster, name, 'restores', 'velero');
    if (text(engine, 'status', 'phase') !== '') seen = engine;
    await cluster.advance(0.1 * SECOND);
  }
  return seen;
}

const drop = (cluster: SimulatedCluster, name: string): ReturnType<typeof call> =>
  call(cluster, 'DELETE', `${OPERATIONS}/${name}`);
const into = (name: string, backupName: string, namespace: string): JsonObject =>
  restore(name, backupName, { parameters: { backupName, namespaceMapping: { 'org-myteam': namespace } } });
const updating = (name: string, backupName: string): JsonObject =>
  restore(name, backupName, { parameters: { backupName, existingResourcePolicy: 'update' } });
const names = (cluster: SimulatedCluster, namespace: string): readonly string[] =>
  cluster.list('operations', namespace).map((each) => text(each as Json, 'metadata', 'name'));

test('a Restore into another namespace brings back Operations of the past, and the operator runs them', async (context) => {
  const cluster = await own(context);
  await ends(
    cluster,
    operation('past', {}, { annotations: { 'vworkspace.io/operation-id': 'ours' }, labels: { kept: 'yes' } }),
  );
  await ends(cluster, operation('source'));
  const original = stored(cluster, 'past');
  cluster.removeCopy('past');
  await cluster.advance(MINUTE);
  await ends(cluster, into('drill', 'source', 'org-drill'));
  await cluster.advance(2 * MINUTE);
  const restored = stored(cluster, 'past', 'operations', 'org-drill');
  assert.notEqual(text(restored, 'metadata', 'uid'), text(original, 'metadata', 'uid'));
  assert.equal(text(restored, 'metadata', 'annotations', 'vworkspace.io/operation-id'), 'ours');
  assert.equal(text(restored, 'metadata', 'labels', 'kept'), 'yes');
  assert.equal(text(restored, 'status', 'phase'), 'Succeeded');
  assert.ok(text(restored, 'status', 'startedAt') > text(original, 'status', 'finishedAt'));
  assert.equal(
    text(stored(cluster, 'past', 'backups', 'velero'), 'status', 'phase'),
    'Completed',
    'it was taken again',
  );
});

test('an Operation that is labelled to be left out of backups is in no tarball', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('left-out', {}, { labels: EXCLUDED }));
  await ends(cluster, operation('taken'));
  await ends(cluster, into('drill', 'taken', 'org-drill'));
  assert.deepEqual(names(cluster, 'org-drill'), ['taken']);
  assert.notEqual(cluster.get('applicationinstances', 'org-drill', 'nextcloud'), undefined);
});

test("deleting a namespace with restored Operations deletes the original's Velero resource", async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('source'));
  await ends(cluster, into('drill', 'source', 'org-drill'));
  assert.deepEqual(names(cluster, 'org-drill'), ['source']);
  const uid = (): string => text(stored(cluster, 'source', 'backups', 'velero'), 'metadata', 'uid');
  const before = uid();
  cluster.deleteNamespace('org-drill');
  await cluster.advance(20 * SECOND);
  assert.equal(cluster.get('namespaces', undefined, 'org-drill'), undefined);
  assert.deepEqual([phase(cluster, 'source'), uid()], ['Succeeded', '']);
  await cluster.advance(MINUTE);
  assert.ok(uid() !== '' && uid() !== before, 'the bucket brings it back');
});

test('in place a restored Operation is denied by the webhook, and the Restore ends PartiallyFailed', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('past'));
  await ends(cluster, operation('source'));
  await drop(cluster, 'past');
  await cluster.advance(MINUTE);
  await apply(cluster, restore('back', 'source'));
  const seen = await ending(cluster, 'back');
  assert.deepEqual([text(seen, 'status', 'phase'), at(seen, 'status', 'errors')], ['PartiallyFailed', 1]);
  assert.equal(cluster.get('operations', 'org-myteam', 'past'), undefined);
});

test('in place what is there stays with policy none, and is set back with policy update', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('source', {}, { labels: EXCLUDED }));
  const path = '/apis/apps.vworkspace.io/v1alpha1/namespaces/org-myteam/applicationinstances/nextcloud';
  const labels = { metadata: { labels: { later: 'yes' } }, spec: { mode: 'changed' } };
  await call(cluster, 'PATCH', path, { body: labels, type: 'application/merge-patch+json' });
  const mode = (): string => text(stored(cluster, 'nextcloud', 'applicationinstances'), 'spec', 'mode');
  await ends(cluster, restore('none', 'source'));
  assert.equal(mode(), 'changed');
  assert.equal(at(stored(cluster, 'none', 'restores', 'velero'), 'status', 'warnings'), 1);
  await ends(cluster, updating('update', 'source'));
  assert.equal(mode(), 'managed');
  await ends(cluster, updating('again', 'source'));
  const marked = objectAt(stored(cluster, 'nextcloud', 'applicationinstances'), 'metadata', 'labels');
  assert.deepEqual(marked, { 'velero.io/backup-name': 'source', 'velero.io/restore-name': 'again' });
});

test('in place an Operation that ended after it was copied differs from its copy', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('source'));
  await ends(cluster, restore('back', 'source'));
  assert.equal(at(stored(cluster, 'back', 'restores', 'velero'), 'status', 'warnings'), 1);
});

test('in place with policy update the webhook denies what Operations are changed to, and the Restore fails', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('source'));
  await apply(cluster, updating('back', 'source'));
  const { phase: end, errors, warnings } = objectAt(await ending(cluster, 'back'), 'status');
  assert.deepEqual([end, errors, warnings], ['PartiallyFailed', 1, 1]);
  assert.equal(text(stored(cluster, 'source'), 'metadata', 'labels', 'velero.io/restore-name'), '');
});

test('what a Restore makes carries its name, and has the managers of what was copied', async (context) => {
  const cluster = await own(context);
  await ends(cluster, operation('source'));
  const managers = (object: JsonObject): readonly string[] =>
    listAt(object, 'metadata', 'managedFields').map((each) => text(each, 'manager'));
  await ends(cluster, into('drill', 'source', 'org-drill'));
  const made = stored(cluster, 'nextcloud', 'applicationinstances', 'org-drill');
  const marks = { 'velero.io/backup-name': 'source', 'velero.io/restore-name': 'drill' };
  assert.deepEqual(objectAt(made, 'metadata', 'labels'), marks);
  for (const each of [made, stored(cluster, 'source', 'operations', 'org-drill')])
    assert.ok(!managers(each).includes('velero-server'), managers(each).join(', '));
  const namespace = objectAt(cluster.get('namespaces', undefined, 'org-drill') as Json, 'metadata', 'labels');
  assert.ok(!Object.keys(namespace).some((key) => key in marks), 'the namespace is not marked');
});
