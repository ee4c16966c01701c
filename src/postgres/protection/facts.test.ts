/** The facts that protection is judged from, as the record has them: which copy, which attempt, which runs. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
const minute = 60_000;
const degraded = JSON.stringify([{ type: 'Degraded', status: 'True', reason: 'R', message: '' }]);

let database: TestDatabase;
let opened: Opened;
let organizationId: string;
let instanceId: string;
let scheduleId: string;
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  ({ organizationId } = await seedSchedules(opened.pool, {
    scheduleCount: 1,
    clusterCount: 1,
    nextFireAt: `timestamptz '${at(minute)}'`,
  }));
  const [row] = (await opened.pool.query('select id::text, application_instance_id::text as of from schedule')).rows;
  [scheduleId, instanceId] = [row.id, row.of];
});
beforeEach(async () => {
  await opened.pool.query('truncate operation cascade');
  await opened.pool.query(
    `update cluster set copies_from = null, suspend = false, conditions = '[]', throttled_until = null`,
  );
  await opened.pool.query('update organization set suspend = false');
});
after(async () => {
  await opened.close();
  await database.drop();
});

const facts = async () => {
  const known = await opened.protections.find(organizationId, instanceId, now);
  assert.ok(known);
  return known.facts;
};
/** A backup that ended so many minutes ago. Later ones have later ids. */
const ended = (minutes: number, more: object = {}) =>
  seedOperation(opened.pool, {
    ...{ phase: 'Succeeded', created_at: at((-minutes - 2) * minute), started_at: at((-minutes - 1) * minute) },
    ...{ finished_at: at(-minutes * minute), expires_at: at(600 * minute), ...more },
  });
const ofSchedule = (minutes: number) => ({ schedule_id: scheduleId, scheduled_for: at(-minutes * minute) });

test('the last good copy is the newest that can be restored from, and not one that is partial, empty, lost or of no backup', async () => {
  const good = await ended(50);
  const copy = {
    ...{ operationId: good, startedAt: at(-51 * minute), finishedAt: at(-50 * minute), expiresAt: at(600 * minute) },
  };
  for (const more of [
    { conditions: degraded },
    { outputs: '{"backupItemCount": "0"}' },
    { phase: 'Failed' },
    { phase: 'Running', finished_at: null },
    { type: 'Restore' },
  ])
    await ended(40, more);
  const found = await facts();
  assert.deepEqual(found.lastGood, copy);
  const newer = await ended(30, {
    phase: 'Failed',
    contradiction: JSON.stringify({ phase: 'Succeeded', at: at(-29 * minute) }),
  });
  assert.deepEqual((await facts()).lastGood, {
    ...{ operationId: newer, startedAt: at(-31 * minute), finishedAt: at(-29 * minute), expiresAt: at(600 * minute) },
  });
  await opened.pool.query('update cluster set copies_from = $1', [at(-32 * minute)]);
  assert.equal((await facts()).lastGood?.operationId, newer, 'made by the cluster as it is');
  await opened.pool.query('update cluster set copies_from = $1', [at(-32 * minute + 1)]);
  assert.equal((await facts()).lastGood, undefined, 'made by one of before');
});

test('a copy can be restored from until the moment it expires; then it is the last one that there was', async () => {
  const id = await ended(50, { expires_at: at(1) });
  const before = await facts();
  assert.deepEqual([before.lastGood?.operationId, before.restorableUntil], [id, at(1)]);
  await opened.pool.query('update operation set expires_at = $1', [now]);
  const after = await facts();
  assert.deepEqual([after.lastGood?.operationId, after.restorableUntil], [id, undefined]);
  const partial = await ended(40, { conditions: degraded, expires_at: at(5 * minute) });
  const { lastGood, restorableUntil, lastAttempt, lastEnded } = await facts();
  assert.deepEqual(
    [lastGood?.operationId, restorableUntil],
    [id, at(5 * minute)],
    'a partial copy is better than none',
  );
  assert.deepEqual(lastAttempt, {
    ...{
      operationId: partial,
      phase: 'Succeeded',
      partial: true,
      createdAt: at(-42 * minute),
      finishedAt: at(-40 * minute),
    },
  });
  assert.deepEqual(lastEnded, { operationId: partial, outcome: 'Partial' });
});

test('the last attempt is any backup, and the last end says how it went; Restores and cancels count as neither', async () => {
  for (const [more, outcome] of [
    [{}, 'Good'],
    [{ phase: 'Failed' }, 'Failed'],
    [{ outputs: '{"backupItemCount": "0"}' }, 'Empty'],
    [{ conditions: degraded, outputs: '{"backupItemCount": "0"}' }, 'Partial'],
  ] as const) {
    const operationId = await ended(20, more);
    await ended(10, { type: 'Restore' });
    assert.deepEqual((await facts()).lastEnded, { operationId, outcome });
    assert.equal((await facts()).lastAttempt?.operationId, operationId);
  }
  const last = (await facts()).lastEnded;
  const cancelled = await ended(5, { phase: 'Cancelled' });
  const found = await facts();
  assert.deepEqual([found.lastEnded, found.lastAttempt?.operationId], [last, cancelled]);
});

test('of the backups that run, the one that began first is told, with what it waits for', async () => {
  assert.equal((await facts()).inFlight, undefined);
  await seedOperation(opened.pool, { type: 'Restore', phase: 'Running', created_at: at(-90 * minute) });
  await seedOperation(opened.pool, { created_at: at(-10 * minute), phase: 'Running', started_at: at(-5 * minute) });
  assert.deepEqual((await facts()).inFlight, { since: at(-5 * minute), delivered: true, waiting: undefined });
  await seedOperation(opened.pool, { created_at: at(-6 * minute), delivered_at: at(-6 * minute), phase: 'Pending' });
  const first = (await facts()).inFlight;
  assert.deepEqual([first?.since, first?.delivered], [at(-6 * minute), true]);
  await seedOperation(opened.pool, { created_at: at(-7 * minute) });
  for (const [until, reason] of [
    [at(1), 'Throttled'],
    [now, 'AwaitingDelivery'],
  ] as const) {
    await opened.pool.query('update cluster set throttled_until = $1', [until]);
    const { since, delivered, waiting } = (await facts()).inFlight ?? {};
    assert.deepEqual([since, delivered, waiting?.reason], [at(-7 * minute), false, reason]);
  }
});

test('a schedule is told with its own last good copy, and fires nothing while its cluster or organization is suspended', async () => {
  await ended(50, ofSchedule(52));
  const operationId = await ended(40, ofSchedule(42));
  await ended(30, { ...ofSchedule(32), phase: 'Failed' });
  await ended(20);
  const schedule = async () => {
    const [found, ...more] = (await facts()).schedules;
    assert.deepEqual(more, []);
    return found;
  };
  const found = await schedule();
  assert.deepEqual(
    [found?.id, found?.suspend, found?.nextFireAt, found?.lastGood?.operationId],
    [scheduleId, false, at(minute), operationId],
  );
  for (const table of ['cluster', 'organization']) {
    await opened.pool.query(`update ${table} set suspend = true`);
    const suspended = await schedule();
    assert.deepEqual([suspended?.suspend, suspended?.nextFireAt], [true, undefined], table);
    await opened.pool.query(`update ${table} set suspend = false`);
  }
});

test('the items of the last good copy are compared with those of the five before it, of the same schedule', async () => {
  const items = (count: number) => ({ outputs: JSON.stringify({ backupItemCount: String(count) }) });
  for (let n = 1; n <= 7; n += 1) await ended(60 - n, { ...ofSchedule(60 - n), ...items(n) });
  await ended(50, items(50));
  await ended(49, { ...ofSchedule(49), outputs: '{}' });
  await ended(48, { ...ofSchedule(48), ...items(48), conditions: degraded });
  await ended(47, { ...ofSchedule(47), ...items(8) });
  assert.deepEqual((await facts()).itemCounts, [8, 7, 6, 5, 4, 3]);
  assert.equal((await facts()).askedCopyAt, undefined);
  await ended(40, items(51));
  const asked = await facts();
  assert.deepEqual([asked.itemCounts, asked.askedCopyAt], [[51, 50], at(-41 * minute)]);
});

test('of the Restores that backups wait for, and of those that block them, one is told: the first and the last', async () => {
  const held = JSON.stringify([
    { type: 'Held', status: 'True', reason: 'RestoreInFlight', message: '', lastTransitionTime: at(-8 * minute) },
  ]);
  const blocked = (minutes: number) =>
    JSON.stringify([
      {
        type: 'Blocked',
        status: 'True',
        reason: 'R',
        message: `m${minutes}`,
        lastTransitionTime: at(-minutes * minute),
      },
    ]);
  for (const name of ['first', 'second'])
    await seedOperation(opened.pool, { name, type: 'Restore', phase: 'Running', uid: name });
  await seedOperation(opened.pool, { name: 'unsent', type: 'Restore' });
  assert.equal((await facts()).restoreWait, undefined, 'nothing waits');
  await seedOperation(opened.pool, { conditions: held });
  await ended(5, { name: 'before', type: 'Restore', conditions: blocked(4) });
  await ended(5, { name: 'blocking', type: 'Restore', conditions: blocked(3) });
  await ended(5, { name: 'blocked-backup', conditions: blocked(2) });
  await ended(5, { name: 'foreign', type: 'Restore', origin: 'cluster', conditions: blocked(1) });
  const { known } = await opened.protections.read(undefined, 10, now);
  const { rows } = await opened.pool.query('select restore_wait_seconds as seconds from application_class');
  assert.deepEqual(
    known.map(({ facts: { restoreWait, blockedRestore } }) => ({ restoreWait, blockedRestore })),
    [
      {
        restoreWait: { name: 'first', since: at(-8 * minute), limitSeconds: rows[0].seconds },
        blockedRestore: { name: 'blocking', since: at(-3 * minute), message: 'm3' },
      },
    ],
  );
});

test('an application that is retired, or of another organization, is not judged', async () => {
  assert.equal(await opened.protections.find(instanceId, instanceId, now), undefined);
  await opened.pool.query('update application_instance set retired_at = $1', [now]);
  assert.equal(await opened.protections.find(organizationId, instanceId, now), undefined);
  await opened.pool.query('update application_instance set retired_at = null');
});
