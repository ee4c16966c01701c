/**
 * One bad row holds up nobody: rows that cannot be read, decided or written stand in each batch, and the healthy ones
 * beside them are done in the same round. The bad ones are put aside with their reason, and go on once they are repaired.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fire } from '../../src/core/scheduling/fire.ts';
import { startApi, type TestApi } from '../api/harness.ts';
import { type Poison, poisonOf } from '../support/poison.ts';
import { seedSchedules } from '../support/seed.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
let api: TestApi;
let poison: Poison;
before(async () => {
  api = await startApi();
  poison = poisonOf(api.opened.pool);
});
after(() => api.close());
afterEach(() => poison.acceptAll());

const run = (sql: string, values: readonly unknown[] = []) => api.opened.pool.query(sql, [...values]);
const rows = async (sql: string, values: readonly unknown[] = []) => (await run(sql, values)).rows;
const clean = () => run('truncate held_row, event, cluster cascade').then(() => undefined);

describe('firing', () => {
  const fireAll = () => fire({ ...api.opened, doorbell: { ring() {} }, log: quiet });
  const firedIds = async () =>
    (await rows('select schedule_id from operation order by 1')).map((row) => row.schedule_id);
  let ids: string[];
  beforeEach(async () => {
    await clean();
    await seedSchedules(api.opened.pool, { scheduleCount: 40, schedule: '0 0 1 1 *' });
    ids = (await rows('select id from schedule order by id')).map(({ id }) => id);
  });

  const poisons: readonly [what: string, how: (id: string) => Promise<unknown>, reason: string][] = [
    [
      'a zone that is not known here',
      (id) => run(`update schedule set time_zone = 'Europe/Atlantis' where id = $1`, [id]),
      'Undecidable',
    ],
    [
      'an impossible expression',
      (id) => run(`update schedule set schedule = '99 99 * * *' where id = $1`, [id]),
      'Undecidable',
    ],
    [
      'a document of another shape',
      (id) => run(`update schedule set template = '[1]' where id = $1`, [id]),
      'Unreadable',
    ],
    [
      'a slot in no calendar',
      (id) => run(`update schedule set next_slot_at = '-infinity' where id = $1`, [id]),
      'Unreadable',
    ],
    ['an Operation that a trigger refuses', (id) => poison.refuse('operation', 'schedule_id', id, 'P0001'), 'Refused'],
    [
      'an Operation that breaks a constraint',
      (id) => poison.refuse('operation', 'schedule_id', id, '23514'),
      'Refused',
    ],
    ['a row that cannot be changed', (id) => poison.refuse('schedule', 'id', id, '22003'), 'Refused'],
  ];
  for (const [what, spoil, reason] of poisons) {
    test(`${what} stops no other schedule`, async () => {
      const [bad = '', ...healthy] = ids;
      await spoil(bad);
      await fireAll();
      assert.deepEqual(await firedIds(), healthy);
      assert.deepEqual(await poison.held(), [`fire-schedules Schedule ${bad} ${reason}`]);
      const finding = (await api.call('GET', '/v1/watchdog')).body.findings;
      assert.deepEqual(
        finding.map(({ kind, resourceType, resourceId }: Record<string, string>) => [kind, resourceType, resourceId]),
        [['RowHeld', 'Schedule', bad]],
      );
      assert.match(finding[0].whatToDo, /fire-schedules/);
      const told = await rows(`select reason, type, schedule_id from event where reason = 'Held'`);
      assert.deepEqual(told, [{ reason: 'Held', type: 'Warning', schedule_id: bad }]);
    });
  }

  test('what is put aside is passed over, looked at again with back-off, and accounted for once it is repaired', async () => {
    const [bad = ''] = ids;
    await run(`update schedule set time_zone = 'Europe/Atlantis' where id = $1`, [bad]);
    const waits = async () =>
      (await rows('select attempts, extract(epoch from look_again_at - now())::int as seconds from held_row'))[0];
    await fireAll();
    await fireAll();
    assert.equal((await waits())?.attempts, 1);
    await api.opened.heldRows.lookAgain();
    await fireAll();
    const { attempts, seconds } = await waits();
    assert.equal(attempts, 2);
    assert.ok(seconds > 10 && seconds <= 20, `${seconds} s`);
    await run('update held_row set attempts = 30, look_again_at = now()');
    await fireAll();
    assert.ok((await waits()).seconds <= 15 * 60);
    const waiting = await rows('select outcome, reason from fire where schedule_id = $1', [bad]);
    assert.deepEqual(waiting, [{ outcome: 'Deferred', reason: 'Held' }]);

    await run(`update schedule set time_zone = 'Etc/UTC' where id = $1`, [bad]);
    await api.opened.heldRows.lookAgain();
    await fireAll();
    assert.deepEqual(await rows('select outcome, slot_count::int from fire where schedule_id = $1', [bad]), [
      { outcome: 'Late', slot_count: 1 },
    ]);
    assert.deepEqual(await rows('select * from held_row'), []);
    assert.equal((await firedIds()).length, 40);
  });

  test('an unreadable blackout window stops nothing, and is named', async () => {
    await run(`insert into blackout_window (id, organization_id, name, time_zone, days, "from", "to", behavior, created_at, updated_at, revision)
      select gen_random_uuid(), id, 'night', 'Europe/Atlantis', '{}', '00:00', '23:59', 'Defer', now(), now(), 1 from organization`);
    await fireAll();
    assert.equal((await firedIds()).length, 40);
    const [held = ''] = await poison.held();
    assert.match(held, /^read-blackout-windows BlackoutWindow /);
  });

  test('when most schedules are bad, nobody is put aside, the healthy ones fire, and the activation fails', async () => {
    await run(`update schedule set time_zone = 'Europe/Atlantis' where id = any($1)`, [ids.slice(0, 30)]);
    await assert.rejects(fireAll(), /timeZone|time zone/i);
    assert.deepEqual(await firedIds(), ids.slice(30));
    assert.deepEqual(await rows('select * from held_row'), []);
  });

  test('bad schedules at the head of a long queue let the healthy ones behind them through', async () => {
    await clean();
    await seedSchedules(api.opened.pool, { scheduleCount: 1_200, schedule: '0 0 1 1 *' });
    await run(`update schedule set time_zone = 'Europe/Atlantis', next_fire_at = next_fire_at - interval '1 minute'
      where id in (select id from schedule order by id limit 700)`);
    await assert.rejects(fireAll());
    assert.equal((await firedIds()).length, 500);
  });
});
