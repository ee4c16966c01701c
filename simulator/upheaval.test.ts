import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { at, listAt, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, MERGE, OPERATIONS, operation, until, watch } from './testing.ts';

let cluster: SimulatedCluster;
before(async () => {
  cluster = await startCluster({ bookmarkSeconds: 0.05 });
  cluster.addNamespace('org-myteam', { labels: {} });
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
});
after(() => cluster.close());
afterEach(() => cluster.clearFaults());

const list = (query = ''): ReturnType<typeof call> => call(cluster, 'GET', `${OPERATIONS}${query}`);
const revision = async (): Promise<number> => Number(text((await list()).body, 'metadata', 'resourceVersion'));

test('a skewed clock shows in Date, creationTimestamp and the expiry of tokens, and only while it is skewed', async () => {
  const seconds = -7_200;
  const token = cluster.issueToken(Date.now() - 3_600_000);
  assert.equal((await call(cluster, 'GET', '/version', { token })).code, 401);
  const fault = cluster.inject({ kind: 'clockSkew', seconds });
  const made = await apply(cluster, operation('skewed'));
  const off = (instant: string): number => (Date.parse(instant) - Date.now()) / 1000 - seconds;
  assert.ok(Math.abs(off(String(made.headers.date))) < 60);
  assert.ok(Math.abs(off(text(made.body, 'metadata', 'creationTimestamp'))) < 60);
  assert.equal((await call(cluster, 'GET', '/version', { token })).code, 200);
  fault.clear();
  assert.ok(Math.abs(Date.parse(String((await list()).headers.date)) - Date.now()) < 60_000);
});

test('a CRD that is gone is a plain 404 and ends its watches; put back, it serves an empty list', async () => {
  await apply(cluster, operation('with-the-crd'));
  const watching = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('its head', () => watching.events.length > 0);
  const fault = cluster.inject({ kind: 'crdGone', resources: ['operations'] });
  await watching.ended;
  assert.deepEqual([(await list()).code, (await list()).text], [404, '404 page not found\n']);
  assert.equal((await apply(cluster, operation('nowhere'))).code, 404);
  fault.clear();
  assert.deepEqual(listAt((await list()).body, 'items'), []);
  assert.equal((await apply(cluster, operation('nowhere'))).code, 201);
});

test('a namespace that is deleted refuses creates while Terminating, then is gone with its objects', async () => {
  cluster.addNamespace('org-leaving', { labels: {} });
  cluster.addApplicationInstance('org-leaving', 'nextcloud');
  const path = OPERATIONS.replace('org-myteam', 'org-leaving');
  const create = (): ReturnType<typeof call> => call(cluster, 'POST', path, { body: operation('late') });
  const fault = cluster.inject({ kind: 'namespaceTerminating', namespaces: ['org-leaving'] });
  assert.equal(
    text((await call(cluster, 'GET', '/api/v1/namespaces/org-leaving')).body, 'status', 'phase'),
    'Terminating',
  );
  const refused = await create();
  assert.equal(refused.code, 403);
  assert.match(
    text(refused.body, 'message'),
    /unable to create new content in namespace org-leaving because it is being/,
  );
  assert.equal(text(listAt(refused.body, 'details', 'causes')[0], 'reason'), 'NamespaceTerminating');
  await until('its objects to go', () => cluster.list('applicationinstances', 'org-leaving').length === 0);
  fault.clear();
  await until('it to go', () => cluster.get('namespaces', undefined, 'org-leaving') === undefined);
  const absent = await create();
  assert.deepEqual([absent.code, text(absent.body, 'message')], [404, 'namespaces "org-leaving" not found']);
});

test('set back to an older state, the cluster knows nothing of later writes and refuses lists from the future', async () => {
  await apply(cluster, operation('kept'));
  const before = await revision();
  await apply(cluster, operation('lost'));
  const changed = { metadata: { labels: { changed: 'later' } } };
  await call(cluster, 'PATCH', `${OPERATIONS}/kept`, { body: changed, type: MERGE });
  const future = await revision();
  const watching = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('its head', () => watching.events.length > 0);
  await cluster.rewind(future - before);
  await watching.ended;
  assert.equal(await revision(), before);
  assert.equal((await call(cluster, 'GET', `${OPERATIONS}/lost`)).code, 404);
  const kept = await call(cluster, 'GET', `${OPERATIONS}/kept`);
  assert.equal(at(kept.body, 'metadata', 'labels'), undefined);
  const refused = await list(`?resourceVersion=${future}`);
  assert.equal(refused.code, 504);
  assert.equal(text(refused.body, 'message'), `Timeout: Too large resource version: ${future}, current: ${before}`);
  assert.equal(text(listAt(refused.body, 'details', 'causes')[0], 'reason'), 'ResourceVersionTooLarge');
});

test('a watch from the future is taken and says nothing, bookmarks included, until the cluster gets there', async () => {
  const future = (await revision()) + 2;
  const watching = watch(cluster, `${OPERATIONS}?watch=1&allowWatchBookmarks=true&resourceVersion=${future}`);
  const heard = watch(cluster, `${OPERATIONS}?watch=1&allowWatchBookmarks=true&resourceVersion=${future - 2}`);
  for (const name of ['unheard-a', 'unheard-b', 'heard']) await apply(cluster, operation(name));
  await until('the event after that revision', () => watching.events.some(({ type }) => type === 'ADDED'));
  const names = (events: typeof watching.events): readonly string[] =>
    events.filter(({ type }) => type === 'ADDED').map(({ object }) => text(object, 'metadata', 'name'));
  await until('the other watch', () => names(heard.events).length === 3);
  assert.deepEqual(names(watching.events), ['heard']);
  const told = watching.events.map(({ object }) => Number(text(object, 'metadata', 'resourceVersion')));
  assert.ok(
    told.every((each) => each >= future),
    String(told),
  );
  watching.close();
  heard.close();
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const listing = watch(cluster, `${OPERATIONS}?watch=1&${initial}&resourceVersion=${future + 1_000}`);
  await listing.ended;
  assert.deepEqual([listing.events.length, listing.events[0]?.object.code], [1, 504]);
});
