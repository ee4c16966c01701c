/** Which streaks of failed Operations are acted on, once each, and what that makes of their schedule. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (minutes: number) => new Date(Date.parse(now) + minutes * 60_000).toISOString();

let database: TestDatabase;
let opened: Opened;
let scheduleId = '';
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
  scheduleId = (await opened.pool.query('select id::text from schedule')).rows[0].id;
});
beforeEach(() => opened.pool.query('truncate operation, event cascade'));
after(async () => {
  await opened.close();
  await database.drop();
});

async function set(policy: object | null, more = 'revision = 1') {
  await opened.pool.query(
    `update schedule set failure_policy = $1, suspend = false, suspend_reason = null, deleted_at = null, failures_from = null,
       next_fire_at = $2, updated_at = $3, revision = 1`,
    [policy === null ? null : JSON.stringify(policy), at(5), at(-99)],
  );
  await opened.pool.query(`update schedule set ${more}`);
}
/** Operations of the schedule, the oldest first: F failed, S succeeded, C cancelled, P has not ended. */
async function ended(phases: string) {
  await opened.pool.query('delete from operation');
  const names = { F: 'Failed', S: 'Succeeded', C: 'Cancelled', P: 'Pending' };
  for (const [n, letter] of [...phases].entries())
    await seedOperation(opened.pool, {
      ...{ schedule_id: scheduleId, scheduled_for: at(n - 60), created_at: at(n - 60) },
      phase: names[letter as keyof typeof names],
      conditions: JSON.stringify(letter === 'F' ? [{ type: 'Failed', message: `failure ${n}` }] : []),
    });
}
const acted = async () => (await opened.failurePolicies.apply(now)).map(({ failureCount }) => failureCount);
const alert = { action: 'Alert', after: 2 };

test('as many failures as the policy says are acted on, when they are the newest ends', async () => {
  for (const [phases, isActedOn] of [
    ['FF', true],
    ['SFF', true],
    ['FFF', true],
    ['FCFP', true],
    ['F', false],
    ['FSF', false],
    ['FFS', false],
    ['FS', false],
    ['SS', false],
    ['PP', false],
    ['CC', false],
    ['', false],
  ] as const) {
    await set(alert);
    await ended(phases);
    assert.deepEqual(await acted(), isActedOn ? [2] : [], phases);
    assert.deepEqual(await acted(), [], 'once');
  }
});

test('no streak is acted on without a policy, of a schedule that is suspended or gone, or twice', async () => {
  await ended('FFF');
  for (const [policy, more, isActedOn] of [
    [alert, undefined, true],
    [{ action: 'Suspend', after: 3 }, undefined, true],
    [{ action: 'Alert', after: 4 }, undefined, false],
    [{ action: 'None', after: 2 }, undefined, false],
    [null, undefined, false],
    [alert, 'suspend = true, next_fire_at = null', false],
    [alert, `deleted_at = '${now}', next_fire_at = null, next_slot_at = null`, false],
    [alert, `failures_from = '${at(-60)}'`, true],
    [alert, `failures_from = '${at(-59)}'`, false],
  ] as const) {
    await set(policy, more);
    assert.equal((await acted()).length, isActedOn ? 1 : 0, JSON.stringify([policy, more]));
  }
});

test('a schedule is suspended with the last reason, and one that only alerts goes on; each has an event', async () => {
  await ended('FF');
  const message = '2 Operations in a row have failed, the last one: failure 1';
  for (const [action, left, reason] of [
    [
      'Suspend',
      { suspend: true, suspend_reason: message, next_fire_at: null, updated_at: new Date(now), revision: '2' },
      'SuspendedByFailures',
    ],
    [
      'Alert',
      {
        suspend: false,
        suspend_reason: null,
        next_fire_at: new Date(at(5)),
        updated_at: new Date(at(-99)),
        revision: '1',
      },
      'FailuresInARow',
    ],
  ] as const) {
    await opened.pool.query('truncate event cascade');
    await set({ action, after: 2 });
    assert.deepEqual(await opened.failurePolicies.apply(now).then(([one]) => one?.action), action);
    const columns = 'suspend, suspend_reason, next_fire_at, updated_at, revision::text';
    assert.deepEqual((await opened.pool.query(`select ${columns}, failures_from from schedule`)).rows, [
      { ...left, failures_from: new Date(now) },
    ]);
    const { rows } = await opened.pool.query('select reason, message, schedule_id::text from event');
    assert.deepEqual(rows, [{ reason, message, schedule_id: scheduleId }]);
  }
});
