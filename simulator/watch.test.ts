import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { listAt, objectAt, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, MERGE, OPERATIONS, operation, until, watch } from './testing.ts';

let cluster: SimulatedCluster;
before(async () => {
  cluster = await startCluster({ bookmarkSeconds: 0.05 });
  cluster.addNamespace('org-myteam', { labels: {} });
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
});
after(() => cluster.close());

const revision = async (): Promise<string> =>
  text((await call(cluster, 'GET', OPERATIONS)).body, 'metadata', 'resourceVersion');

test('a watch tells every change after its resourceVersion, in order, and bookmarks', async () => {
  const from = await revision();
  await apply(cluster, operation('one'));
  const open = watch(cluster, `${OPERATIONS}?watch=1&resourceVersion=${from}&allowWatchBookmarks=true`);
  await until('the first event', () => open.events.length > 0);
  await call(cluster, 'PATCH', `${OPERATIONS}/one`, { body: { metadata: { labels: { a: 'b' } } }, type: MERGE });
  await call(cluster, 'DELETE', `${OPERATIONS}/one`);
  const told = await until('the deletion', () => {
    const types = open.events.map((event) => event.type).filter((type) => type !== 'BOOKMARK');
    return types.length === 3 ? types : undefined;
  });
  assert.deepEqual(told, ['ADDED', 'MODIFIED', 'DELETED']);
  const bookmark = await until('a bookmark', () => open.events.find((event) => event.type === 'BOOKMARK'));
  assert.deepEqual(Object.keys(objectAt(bookmark.object, 'metadata')), ['resourceVersion']);
  open.close();
});

test('a watch from the newest resourceVersion gets no bookmark before something has changed', async () => {
  const open = watch(
    cluster,
    `${OPERATIONS}?watch=1&resourceVersion=${await revision()}&allowWatchBookmarks=true&timeoutSeconds=1`,
  );
  await open.ended;
  assert.deepEqual(open.events, []);
  const next = watch(cluster, `${OPERATIONS}?watch=1&resourceVersion=${await revision()}&allowWatchBookmarks=true`);
  cluster.addNamespace('org-other');
  await until('a bookmark', () => next.events.find((event) => event.type === 'BOOKMARK'));
  next.close();
});

test('an object that leaves the selection is told as deleted', async () => {
  await apply(cluster, operation('leaves', {}, { labels: { team: 'a' } }));
  const open = watch(cluster, `${OPERATIONS}?watch=1&labelSelector=team%3Da`);
  await until('the object', () => open.events.length > 0);
  await call(cluster, 'PATCH', `${OPERATIONS}/leaves`, { body: { metadata: { labels: { team: 'b' } } }, type: MERGE });
  await until('its leaving', () => open.events.some((event) => event.type === 'DELETED'));
  open.close();
});

test('after compaction an old resourceVersion is 410: in the stream for watches, as HTTP for continued lists', async () => {
  for (const name of ['page-a', 'page-b', 'page-c']) await apply(cluster, operation(name));
  const page = await call(cluster, 'GET', `${OPERATIONS}?limit=1`);
  const token = text(page.body, 'metadata', 'continue');
  assert.ok(Number(objectAt(page.body, 'metadata').remainingItemCount) >= 2);
  const from = text(page.body, 'metadata', 'resourceVersion');
  await apply(cluster, operation('page-d'));
  const rest = await call(cluster, 'GET', `${OPERATIONS}?continue=${token}`);
  assert.ok(
    !listAt(rest.body, 'items').some((item) => text(item, 'metadata', 'name') === 'page-d'),
    'a continued list is a snapshot',
  );
  cluster.compact();
  const open = watch(cluster, `${OPERATIONS}?watch=1&resourceVersion=${from}`);
  await open.ended;
  assert.equal(open.events[0]?.type, 'ERROR');
  assert.equal(open.events[0]?.object.code, 410);
  assert.equal(open.events[0]?.object.reason, 'Expired');
  const stale = await call(cluster, 'GET', `${OPERATIONS}?continue=${token}`);
  assert.equal(stale.code, 410);
  assert.equal(text(stale.body, 'reason'), 'Expired');
});

test('timeoutSeconds ends a watch, and sendInitialEvents marks the end of the first list', async () => {
  const open = watch(
    cluster,
    `${OPERATIONS}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  await open.ended;
  const marks = open.events.filter(
    (event) => text(event.object, 'metadata', 'annotations', 'k8s.io/initial-events-end') === 'true',
  );
  assert.equal(marks.length, 1);
});

test('a removed CRD is a plain 404, its watches end, and it can come back', async () => {
  const open = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('the watch', () => open.events.length > 0);
  cluster.removeCrd('operations');
  await open.ended;
  const gone = await call(cluster, 'GET', OPERATIONS);
  assert.equal(gone.code, 404);
  assert.equal(gone.text, '404 page not found\n');
  cluster.restoreCrd('operations');
  assert.equal((await call(cluster, 'GET', OPERATIONS)).code, 200);
});
