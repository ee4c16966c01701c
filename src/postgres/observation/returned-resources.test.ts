/** What is known of resources that returned: read as it was written, whole, and claimed while a deletion is owed. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import type { ReturnedResource } from '../../core/operations/rules/returned.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(now) + ms).toISOString();

let database: TestDatabase;
let opened: Opened;
let clusterId = '';
let operationId = '';
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  const { clusterIds } = await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
  clusterId = clusterIds[0] ?? '';
});
beforeEach(async () => {
  await opened.pool.query('truncate operation cascade');
  operationId = await seedOperation(opened.pool);
});
after(async () => {
  await opened.close();
  await database.drop();
});

const plain = (uid: string): ReturnedResource => ({
  ...{ operationId, uid, clusterId, namespace: 'elsewhere', name: 'o', phase: 'Pending', seenAt: now, attempts: 0 },
});
const whole = (uid: string): Required<ReturnedResource> => ({
  ...{ ...plain(uid), resourceVersion: '7', phase: 'Running', seenAt: at(1), goneAt: at(2), owed: 'Delete' },
  ...{ nextAttemptAt: at(3), attempts: 4, problem: 'no' },
});
const write = (...resources: readonly ReturnedResource[]) =>
  opened.returnedResources.record(
    clusterId,
    [{ ...plain('any'), deleted: false }],
    (operation) => ({ operation, resources, events: [] }),
    undefined,
  );
async function known(): Promise<readonly ReturnedResource[]> {
  let read: readonly ReturnedResource[] = [];
  await opened.returnedDeletions.record(plain('any'), (operation, resources) => {
    read = resources;
    return { operation, resources: [], events: [] };
  });
  return read;
}

test('each is read as it was written, whole, and a later word of it goes over the earlier one, field by field', async () => {
  await write(whole('b'), plain('a'));
  assert.deepEqual(await known(), [plain('a'), whole('b')], 'in the order in which they were seen');
  await write(whole('a'), plain('b'));
  assert.deepEqual(await known(), [plain('b'), whole('a')]);
});

test('those that a list should show are those of the cluster that are there and were seen before it', async () => {
  const there = { ...whole('there'), goneAt: undefined, seenAt: at(-1) };
  await write(there, { ...there, uid: 'gone', goneAt: now }, { ...there, uid: 'later', seenAt: now });
  const { goneAt: _, ...expected } = there;
  assert.deepEqual(await opened.returnedResources.expected(clusterId, now), [{ ...expected, deleted: false }]);
  assert.deepEqual(await opened.returnedResources.expected(operationId, now), []);
});

test('a deletion that is owed is claimed from its moment on, the longest due first, and for the time of a lease', async () => {
  const { goneAt: _, ...due } = { ...whole('due'), nextAttemptAt: at(-1) };
  await write(
    { ...due, uid: 'just due', nextAttemptAt: now },
    due,
    { ...due, uid: 'early', nextAttemptAt: at(1) },
    { ...due, uid: 'gone', goneAt: now },
    { ...due, uid: 'not owed', owed: undefined },
  );
  for (const column of ['throttled_until', 'retired_at']) {
    await opened.pool.query(`update cluster set ${column} = $1`, [at(1)]);
    assert.deepEqual(await opened.returnedDeletions.claim(now, 5, 12), [], column);
    await opened.pool.query(`update cluster set ${column} = null`);
  }
  const claimed = { ...due, attempts: 5, nextAttemptAt: at(12_000) };
  assert.deepEqual(await opened.returnedDeletions.claim(now, 1, 12), [claimed]);
  assert.deepEqual(await opened.returnedDeletions.claim(now, 5, 12), [{ ...claimed, uid: 'just due' }]);
  assert.deepEqual(await opened.returnedDeletions.claim(now, 5, 12), []);
});
