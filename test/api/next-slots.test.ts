/**
 * What a clock that was a day ahead has left behind: slots of tomorrow in the ledger, and a next slot behind them. Each
 * way to touch the schedule counts from now, and so does the service by itself.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringForward } from '../../src/core/clocks/bring-forward.ts';
import { repairNextSlots } from '../../src/core/scheduling/next-slots.ts';
import { slotAfter } from '../../src/core/time/rules/slots.ts';
import { keptLog } from '../support/log.ts';
import { backup, startScheduleScene } from './scene.ts';

const hourly = { schedule: '30 * * * *', timeZone: 'Etc/UTC' };
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
const nextFromNow = () => slotAfter(hourly, new Date().toISOString());

const { api, scene, schedule: make } = await startScheduleScene();

describe('a schedule that a wrong clock has pushed to tomorrow', () => {
  /** As the service left it before it doubted clocks: the slots until tomorrow are coalesced, and the newest was fired. */
  async function pushed(): Promise<string> {
    const { id } = await make(hourly);
    const [first, last, next] = [hours(-2), hours(23), hours(24)].map((at) => slotAfter(hourly, at));
    const { pool } = api.opened;
    await pool.query(
      `insert into fire (id, schedule_id, scheduled_for, last_scheduled_for, slot_count, outcome, reason, fired_at, delay_ms)
       values (gen_random_uuid(), $1, $2, $3, 26, 'Coalesced', 'ServiceDown', $4, 0)`,
      [id, first, last, hours(25)],
    );
    await pool.query(
      `insert into fire (id, schedule_id, scheduled_for, slot_count, outcome, reason, fired_at, delay_ms)
       values (gen_random_uuid(), $1, $2, 1, 'Skipped', 'Missed', $3, 0)`,
      [id, next, hours(25)],
    );
    await pool.query('update schedule set next_slot_at = $2, next_fire_at = $2, accounted_until = $3 where id = $1', [
      id,
      slotAfter(hourly, next ?? ''),
      next,
    ]);
    return id;
  }
  const schedule = async (id: string) => (await api.call('GET', `/v1/schedules/${id}`)).body;
  async function assertCountsFromNow(id: string): Promise<void> {
    const { nextSlotAt, nextFireAt, accountedUntil } = await schedule(id);
    assert.deepEqual([nextSlotAt, nextFireAt], [nextFromNow(), nextFromNow()]);
    assert.ok(Date.parse(accountedUntil) <= Date.now(), accountedUntil);
    const { items } = (await api.call('GET', `/v1/schedules/${id}/fires`)).body;
    const rows = items.map(({ scheduledFor, lastScheduledFor, slotCount }: Record<string, string>) => [
      Date.parse(lastScheduledFor ?? scheduledFor ?? '') <= Date.now(),
      slotCount,
    ]);
    assert.deepEqual(rows, [[true, 2]]);
  }

  test('a change counts from now, whatever it changes', async () => {
    for (const change of [{ displayName: 'Nightly' }, { schedule: '30 * * * *' }]) {
      const id = await pushed();
      assert.equal((await api.call('PATCH', `/v1/schedules/${id}`, { body: change })).status, 200);
      await assertCountsFromNow(id);
    }
  });

  test('suspended and resumed it counts from now', async () => {
    const id = await pushed();
    assert.equal((await api.call('POST', `/v1/schedules/${id}/suspend`, { body: {} })).status, 200);
    assert.equal((await schedule(id)).nextSlotAt, nextFromNow());
    assert.equal((await api.call('POST', `/v1/schedules/${id}/resume`, { body: {} })).status, 200);
    await assertCountsFromNow(id);
  });

  test('a dry run of its resume counts from now, and leaves what lies ahead', async () => {
    const id = await pushed();
    const { pool } = api.opened;
    await pool.query('update schedule set suspend = true, next_fire_at = null where id = $1', [id]);
    const stored = async () => [
      (await pool.query('select * from schedule where id = $1', [id])).rows,
      (await pool.query('select * from fire where schedule_id = $1 order by id', [id])).rows,
    ];
    const before = await stored();
    const resume = (query: string) => api.call('POST', `/v1/schedules/${id}/resume${query}`, { body: {} });
    assert.equal((await resume('?dryRun=true')).body.nextSlotAt, nextFromNow());
    assert.deepEqual(await stored(), before);
    assert.equal((await resume('')).status, 200);
    await assertCountsFromNow(id);
  });

  test('the watchdog reports it, and the service repairs it by itself and says so', async () => {
    const id = await pushed();
    const kinds = async () => {
      const { findings } = (await api.call('GET', '/v1/watchdog')).body;
      return findings.map(({ kind }: { kind: string }) => kind).toSorted();
    };
    assert.deepEqual(await kinds(), ['FireOfFutureSlot', 'FireOfFutureSlot', 'NextSlotTooLate']);
    const { log, text } = keptLog();
    assert.equal(await repairNextSlots({ ...api.opened, log }), 1);
    await assertCountsFromNow(id);
    assert.deepEqual(await kinds(), []);
    assert.match(text(), /next slot was too late/);
    const { rows } = await api.opened.pool.query(`select message from event where schedule_id = $1 and reason = $2`, [
      id,
      'NextSlotRepaired',
    ]);
    assert.equal(rows.length, 1);
    assert.equal(await repairNextSlots({ ...api.opened, log }), 0);
  });

  test('what is right, suspended, waiting or has ended is left as it is', async () => {
    const { pool } = api.opened;
    const ids: string[] = [];
    for (const change of [
      'revision = revision',
      `suspend = true, next_slot_at = now() + interval '1 day', next_fire_at = null`,
      `next_slot_at = now() - interval '1 hour', deferred_reason = 'PreviousInFlight', next_fire_at = now() + interval '10 seconds'`,
      'ends_at = now(), next_slot_at = null, next_fire_at = null',
      `starts_at = now() + interval '40 days', next_slot_at = now() + interval '40 days'`,
    ]) {
      const { id } = await make(hourly);
      await pool.query(`update schedule set ${change} where id = $1`, [id]);
      ids.push(id);
    }
    const stored = () => pool.query('select * from schedule where id = any($1) order by id', [ids]);
    const before = (await stored()).rows;
    assert.equal(await repairNextSlots({ ...api.opened, log: keptLog().log }), 0);
    assert.deepEqual((await stored()).rows, before);
  });

  test('what was put off to tomorrow is due now: deliveries, checks of clusters, and slots that wait', async () => {
    const { pool } = api.opened;
    const { id } = await make(hourly);
    const { operation } = await api.make('/v1/operations', backup(scene));
    const put = (to: string) =>
      pool.query(
        `with a as (update operation set next_attempt_at = ${to}, lease_id = gen_random_uuid() where id = $1),
              b as (update cluster set check_due_at = ${to}, throttled_until = ${to} where id = $2)
         update schedule set deferred_reason = 'PreviousInFlight', next_slot_at = now() - interval '1 minute', next_fire_at = ${to} where id = $3`,
        [operation.id, scene.clusterId, id],
      );
    const { log } = keptLog();
    await put(`now() + interval '1 hour'`);
    assert.equal(await bringForward({ ...api.opened, log }), 0);
    await put(`now() + interval '26 hours'`);
    assert.equal(await bringForward({ ...api.opened, log }), 3);
    const { rows } = await pool.query(
      `select o.next_attempt_at <= now() as attempt, c.check_due_at <= now() as check, c.throttled_until is null as free, s.next_fire_at <= now() as look
       from operation o join cluster c on c.id = o.cluster_id join schedule s on s.id = $2 where o.id = $1`,
      [operation.id, id],
    );
    assert.deepEqual(rows, [{ attempt: true, check: true, free: true, look: true }]);
  });

  test('the ledger takes no slot that has not come', async () => {
    const { id } = await make(hourly);
    for (const [first, last] of [
      [hours(1), null],
      [hours(-1), hours(1)],
    ]) {
      const written = api.opened.pool.query(
        `insert into fire (id, schedule_id, scheduled_for, last_scheduled_for, slot_count, outcome, reason, fired_at, delay_ms)
         values (gen_random_uuid(), $1, $2, $3, 1, 'Fired', 'OnTime', now(), 0)`,
        [id, first, last],
      );
      await assert.rejects(written, /fire_slot_has_come/);
    }
  });
});
