/** Which clusters are due for a look and in which order, and what is known of those that wait. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { v7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { silentSeconds } from '../../core/clusters/rules/operator-ready.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-01T00:00:00.000Z';
const ahead = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

let database: TestDatabase;
let opened: Opened;
let ids: readonly string[];
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  const { clusterIds } = await seedSchedules(opened.pool, { scheduleCount: 3, clusterCount: 3 });
  ids = clusterIds;
});
beforeEach(async () => {
  await opened.pool.query('truncate operation cascade');
  await opened.pool.query(
    `update cluster set check_due_at = $1, throttled_until = null, tell_at = null, conditions = '[]', discovery = null, retired_at = null`,
    [ahead(3600)],
  );
});
after(async () => {
  await opened.close();
  await database.drop();
});

const set = (id: string | undefined, change: string, values: readonly unknown[] = []) =>
  opened.pool.query(`update cluster set ${change} where id = $1`, [id, ...values]);
const condition = (type: string, status: string) => JSON.stringify([{ type, status, reason: 'R', message: '' }]);
const dueAt = async (id: string | undefined) =>
  (await opened.pool.query('select check_due_at as at from cluster where id = $1', [id])).rows[0].at.toISOString();
const claim = (limit: number) => opened.clusterChecks.claim(ids, now, limit, 60);

test('a cluster is claimed when its look is due and its pause is over, and not again before the retry', async () => {
  const [a, b, c] = ids;
  await set(a, 'check_due_at = $2', [now]);
  await set(b, 'check_due_at = $2', [ahead(0.001)]);
  await set(c, 'check_due_at = $2, throttled_until = $3', [now, ahead(0.001)]);
  assert.deepEqual(await opened.clusterChecks.claim([], now, 10, 60), []);
  assert.deepEqual(await claim(10), [a]);
  assert.equal(await dueAt(a), ahead(60));
  await set(c, 'throttled_until = $2', [now]);
  assert.deepEqual(await opened.clusterChecks.claim([b ?? ''], now, 10, 60), [], 'of those that are held');
  assert.deepEqual(await claim(10), [c]);
});

test('clusters that cannot be reached are looked at last, and of the others those first that have waited longest', async () => {
  const [a, b, c] = ids;
  await set(a, 'check_due_at = $2, conditions = $3', [ahead(-300), condition('Reachable', 'False')]);
  await set(b, 'check_due_at = $2', [ahead(-100)]);
  await set(c, 'check_due_at = $2, conditions = $3', [ahead(-200), condition('Reachable', 'True')]);
  assert.deepEqual([await claim(1), await claim(1), await claim(1), await claim(1)], [[c], [b], [a], []]);
});

test('a look that somebody wants is due now, but for one that was made within the last minute', async () => {
  const [a] = ids;
  const { clusterChecks } = opened;
  await clusterChecks.want(a ?? '', now);
  assert.equal(await dueAt(a), now);
  await clusterChecks.want(a ?? '', ahead(1));
  assert.equal(await dueAt(a), now, 'it is due already');
  for (const [checkedAt, due] of [
    [ahead(-59.999), ahead(3600)],
    [ahead(-60), now],
  ] as const) {
    await set(a, 'check_due_at = $2, discovery = $3', [ahead(3600), JSON.stringify({ checkedAt })]);
    await clusterChecks.want(a ?? '', now);
    assert.equal(await dueAt(a), due);
  }
});

test('an operator has left unanswered what was delivered for long to a cluster that is watched, and what it said nothing of', async () => {
  const [a] = ids;
  const delivered = ahead(-silentSeconds);
  await set(a, 'conditions = $2', [condition('Watching', 'True')]);
  await seedOperation(opened.pool, { cluster_id: a, uid: 'u', delivered_at: delivered });
  const signs = async (change: string, values: readonly unknown[] = []) => {
    await opened.pool.query(`update operation set ${change}`, [...values]);
    return opened.clusterChecks.operatorSigns(a ?? '', now);
  };
  const unanswered = { unansweredCount: 1, unansweredSince: delivered };
  assert.deepEqual(await signs('revision = 1'), unanswered);
  for (const type of ['Delivered', 'Held'])
    assert.deepEqual(await signs('conditions = $1', [condition(type, 'True')]), unanswered);
  const none = { unansweredCount: 0 };
  assert.deepEqual(await signs('conditions = $1', [condition('Progressing', 'True')]), none);
  for (const [change, back] of [
    [`phase = 'Running'`, `phase = 'Pending'`],
    [`origin = 'cluster'`, `origin = 'request'`],
    ['uid = null', `uid = 'u'`],
    [`delivered_at = delivered_at + interval '1 ms'`, `delivered_at = delivered_at - interval '1 ms'`],
  ] as const) {
    assert.deepEqual(await signs(`conditions = '[]', ${change}`), none, change);
    assert.deepEqual(await signs(back), unanswered);
  }
  await set(a, 'conditions = $2', [condition('Watching', 'False')]);
  assert.deepEqual(await signs('revision = 1'), none);
  assert.deepEqual(await opened.clusterChecks.operatorSigns(v7(), now), none);
});

test('a cluster tells what it has kept back when that is due', async () => {
  const [a, b] = ids;
  await set(a, 'tell_at = $2', [now]);
  await set(b, 'tell_at = $2', [ahead(0.001)]);
  assert.equal(await opened.clusterChecks.recordDueEvents(now), 1);
  const { rows } = await opened.pool.query('select id::text from cluster where tell_at is not null');
  assert.deepEqual(rows, [{ id: b }]);
});

test('what a cluster is owed has waited since it was asked for; a deletion since its cancel', async () => {
  const [a = '', b = '', c = ''] = ids;
  const make = (clusterId: string, owed: string | null, createdAt: string, cancelRequestedAt: string | null = null) =>
    seedOperation(opened.pool, {
      ...{ cluster_id: clusterId, owed, next_attempt_at: owed === null ? null : now },
      ...{ created_at: createdAt, cancel_requested_at: cancelRequestedAt },
    });
  await make(a, 'Apply', ahead(-20));
  await make(a, 'Apply', ahead(-10));
  await make(a, null, ahead(-30));
  await make(b, 'Delete', ahead(-40), ahead(-5));
  assert.deepEqual(
    await opened.clusterFigures.pending([a, c]),
    new Map([[a, { pendingCount: 2, oldestPendingAt: ahead(-20) }]]),
  );
  await set(c, 'conditions = $2', [condition('Reachable', 'False')]);
  const measured = async (limit: number) =>
    (await opened.clusterFigures.measured(limit)).map(({ id, pendingCount, oldestPendingAt }) => [
      id,
      pendingCount,
      oldestPendingAt,
    ]);
  assert.deepEqual(await measured(3), [
    [c, 0, undefined],
    [a, 2, ahead(-20)],
    [b, 1, ahead(-5)],
  ]);
  assert.equal((await measured(2)).length, 2);
  await set(c, 'retired_at = $2', [now]);
  assert.deepEqual(
    (await measured(3)).map(([id]) => id),
    [a, b],
  );
});
