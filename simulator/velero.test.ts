import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { before, test } from 'node:test';
import { makeTls, ObjectStorage, startCluster } from './index.ts';
import type { Json, JsonObject } from './json.ts';
import { at, listAt, objectAt, text } from './json.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import { apply, call, condition, OPERATIONS, operation, phase, restore, stored, until, watch } from './testing.ts';
import type { ServerTls } from './tls.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const BACKUPS = '/apis/velero.io/v1/namespaces/velero/backups';

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

const backup = (cluster: SimulatedCluster, name: string): JsonObject => stored(cluster, name, 'backups', 'velero');
const exists = (cluster: SimulatedCluster, name: string, resource = 'backups'): boolean =>
  cluster.get(resource, 'velero', name) !== undefined;
const state = (cluster: SimulatedCluster, name: string): string => text(backup(cluster, name), 'status', 'phase');

async function taken(cluster: SimulatedCluster, name: string, parameters: JsonObject = {}): Promise<void> {
  await apply(cluster, operation(name, { parameters }));
  await cluster.advance(MINUTE);
  assert.equal(state(cluster, name), 'Completed');
}

test('Backups and Restores of Velero are read by whoever has the right, and by nobody else', async (context) => {
  const cluster = await own(context, { readsVelero: true });
  const bare = await own(context);
  for (const resource of ['backups', 'restores', 'backupstoragelocations']) {
    const path = `/apis/velero.io/v1/namespaces/velero/${resource}`;
    assert.equal((await call(cluster, 'GET', path, { token: cluster.token })).code, 200, resource);
    assert.equal((await call(bare, 'GET', path, { token: bare.token })).code, 403, resource);
    assert.equal((await call(cluster, 'DELETE', `${path}/x`, { token: cluster.token })).code, 403, resource);
  }
});

test('a Backup goes through its phases, and tells its times, items and expiration', async (context) => {
  const cluster = await own(context);
  const watching = watch(cluster, `${BACKUPS}?watch=1&resourceVersion=0`);
  await taken(cluster, 'nightly', { ttl: '24h' });
  const phases = (): readonly string[] => [
    ...new Set(watching.events.map(({ object }) => text(object, 'status', 'phase'))),
  ];
  await until('its end', () => phases().includes('Completed'));
  assert.deepEqual(phases(), ['', 'Queued', 'InProgress', 'Finalizing', 'Completed']);
  watching.close();
  const { status } = backup(cluster, 'nightly');
  const [began, ended, expires] = ['startTimestamp', 'completionTimestamp', 'expiration'].map((field) =>
    Date.parse(text(status, field)),
  );
  assert.equal(expires, Number(began) + 24 * HOUR);
  assert.ok(Number(ended) > Number(began));
  assert.equal(at(status, 'progress', 'itemsBackedUp'), at(status, 'progress', 'totalItems'));
});

test('Backups run one at a time unless told otherwise, and the others know their place in the queue', async (context) => {
  const names = ['a', 'b', 'c'];
  const cluster = await own(context);
  for (const name of names) await apply(cluster, operation(name));
  await cluster.advance(5 * SECOND);
  const places = names.map((name) => [state(cluster, name), at(backup(cluster, name), 'status', 'queuePosition')]);
  assert.deepEqual(places, [
    ['InProgress', 0],
    ['Queued', 1],
    ['Queued', 2],
  ]);
  const two = await own(context, { backupsAtOnce: 2 });
  for (const name of names) await apply(two, operation(name));
  await two.advance(5 * SECOND);
  assert.deepEqual(
    names.map((name) => state(two, name)),
    ['InProgress', 'InProgress', 'Queued'],
  );
});

test('a Backup that fails validation is Queued for more than 30 s, and its Operation Running for ever', async (context) => {
  const cluster = await own(context);
  await apply(cluster, operation('nowhere', { parameters: { storageLocation: 'absent' } }));
  await cluster.advance(31 * SECOND);
  assert.equal(state(cluster, 'nowhere'), 'Queued');
  await cluster.advance(10 * SECOND);
  assert.equal(state(cluster, 'nowhere'), 'FailedValidation');
  await cluster.advance(24 * HOUR);
  assert.deepEqual(
    [phase(cluster, 'nowhere'), condition(cluster, 'nowhere', 'Running')],
    ['Running', 'True/EngineStarted'],
  );
});

test('a Restore of a Backup that is gone fails validation, and its Operation stays Running', async (context) => {
  const cluster = await own(context);
  await taken(cluster, 'source');
  cluster.removeCopy('source');
  await cluster.advance(MINUTE);
  assert.ok(!exists(cluster, 'source'));
  await apply(cluster, restore('back', 'source'));
  await cluster.advance(HOUR);
  const { phase: end, validationErrors } = objectAt(stored(cluster, 'back', 'restores', 'velero'), 'status');
  const words = `Error retrieving backup: can't find backup velero/source: Backup.velero.io "source" not found`;
  assert.deepEqual([end, validationErrors], ['FailedValidation', [words]]);
  assert.equal(phase(cluster, 'back'), 'Running');
});

test('a Restore of a Backup whose copy alone is gone has failed, and so has its Operation', async (context) => {
  const cluster = await own(context);
  await taken(cluster, 'source');
  cluster.removeCopy('source');
  await apply(cluster, restore('back', 'source'));
  await cluster.advance(10 * SECOND);
  assert.deepEqual([phase(cluster, 'back'), condition(cluster, 'back', 'Failed')], ['Failed', 'True/EngineFailed']);
});

test('a partial failure arrives as Failed without a word, and its Backup is deleted and comes back for ever', async (context) => {
  const cluster = await own(context);
  cluster.inject({ kind: 'backup', outcome: 'PartiallyFailed', count: 1 });
  await apply(cluster, operation('partly'));
  while (phase(cluster, 'partly') !== 'Failed') await cluster.advance(SECOND);
  const failed = listAt(stored(cluster, 'partly'), 'status', 'conditions').find(
    (each) => text(each, 'type') === 'Failed',
  );
  assert.deepEqual([text(failed, 'reason'), at(failed, 'message')], ['EngineFailed', '']);
  assert.ok(!exists(cluster, 'partly'));
  for (let round = 0; round < 3; round += 1) {
    const seen = { there: 0, gone: 0 };
    for (let second = 0; second < 2_400; second += 10) {
      await cluster.advance(10 * SECOND);
      seen[exists(cluster, 'partly') ? 'there' : 'gone'] += 1;
    }
    assert.ok(seen.there > 0 && seen.gone > 0, JSON.stringify(seen));
  }
  assert.deepEqual(cluster.copies(), ['partly']);
});

test('an expired Backup goes within the hour, with its copy and its Restores, and not from a location that is away', async (context) => {
  const cluster = await own(context);
  await taken(cluster, 'here', { ttl: '2h' });
  await taken(cluster, 'there', { ttl: '2h', storageLocation: 'aws-primary' });
  await apply(cluster, restore('back', 'here'));
  cluster.setStorageLocation('aws-primary', 'Unavailable');
  await cluster.advance(1.9 * HOUR);
  assert.ok(exists(cluster, 'here') && exists(cluster, 'back', 'restores'));
  await cluster.advance(1.2 * HOUR);
  assert.deepEqual([exists(cluster, 'here'), exists(cluster, 'back', 'restores')], [false, false]);
  assert.deepEqual([exists(cluster, 'there'), cluster.copies()], [true, ['there']]);
  assert.equal(phase(cluster, 'here'), 'Succeeded', 'its Operation is not looked at for that');
  cluster.setStorageLocation('aws-primary', 'Available');
  await cluster.advance(1.1 * HOUR);
  assert.deepEqual([exists(cluster, 'there'), cluster.copies()], [false, []]);
});

test('months pass: a weekly backup that is kept for 30 days leaves four or five copies', async (context) => {
  const cluster = await own(context, { runsAgain: 'unblocked' });
  for (let week = 0; week < 16; week += 1) {
    await apply(cluster, operation(`week-${week}`, { parameters: { ttl: '720h' } }));
    await cluster.advance(7 * 24 * HOUR);
  }
  assert.ok([4, 5].includes(cluster.copies().length), String(cluster.copies()));
  assert.equal(cluster.list('backups').length, cluster.copies().length);
  assert.equal(cluster.list('operations').length, 16);
  assert.ok(cluster.list('operations').every((each) => text(each as Json, 'status', 'phase') === 'Succeeded'));
});

test('a resource that was deleted comes back from the bucket, with another uid, and goes with its copy', async (context) => {
  const cluster = await own(context);
  await taken(cluster, 'kept');
  const uid = text(backup(cluster, 'kept'), 'metadata', 'uid');
  await call(cluster, 'DELETE', `${BACKUPS}/kept`);
  assert.ok(!exists(cluster, 'kept'));
  await cluster.advance(MINUTE);
  assert.equal(state(cluster, 'kept'), 'Completed');
  assert.notEqual(text(backup(cluster, 'kept'), 'metadata', 'uid'), uid);
  cluster.removeCopy('kept');
  await cluster.advance(MINUTE);
  assert.ok(!exists(cluster, 'kept'), 'a lifecycle rule of the bucket took it');
});

test('a copy of another cluster that shares the bucket shows up as a Backup that nobody asked for', async (context) => {
  const objectStorage = new ObjectStorage();
  const one = await own(context, { objectStorage });
  const other = await own(context, { objectStorage });
  await taken(one, 'of-one');
  await other.advance(MINUTE);
  assert.equal(state(other, 'of-one'), 'Completed');
  one.addCopy('of-a-third');
  await one.advance(MINUTE);
  assert.equal(state(one, 'of-a-third'), 'Completed');
});

test('a Backup that is cancelled in progress is uploaded all the same, and comes back', async (context) => {
  const cluster = await own(context);
  await apply(cluster, operation('cancelled'));
  await cluster.advance(8 * SECOND);
  assert.equal(state(cluster, 'cancelled'), 'InProgress');
  await call(cluster, 'DELETE', `${OPERATIONS}/cancelled`);
  await cluster.advance(SECOND);
  assert.deepEqual(
    [exists(cluster, 'cancelled'), cluster.get('operations', 'org-myteam', 'cancelled')],
    [false, undefined],
  );
  await cluster.advance(2 * MINUTE);
  assert.deepEqual(cluster.copies(), ['cancelled']);
  assert.equal(state(cluster, 'cancelled'), 'Completed');
});
