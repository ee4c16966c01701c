/** Slots that are accounted for apart from the tick: at a suspension, a resume, a change and a removal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { accountForPassed, awakened, rescheduled, silenced } from './accounting.ts';
import type { Schedule } from './schedule.ts';

const now = '2026-05-28T04:10:00.000Z';
const hour = (number: number) => `2026-05-28T0${number}:00:00.000Z`;
const { id, organizationId, clusterId, applicationInstanceId, name, schedule: hourly, timeZone } = dueSchedule;
const base: Schedule = {
  ...{ id, organizationId, clusterId, applicationInstanceId, name, schedule: hourly, timeZone },
  concurrencyPolicy: 'Forbid',
  missedFires: 'Latest',
  suspend: false,
  cadence: 'hourly',
  template: {},
  nextSlotAt: hour(2),
  nextFireAt: hour(2),
  createdAt: hour(1),
  updatedAt: hour(1),
  revision: 1,
};
let counter = 0;
const tools = { newId: () => `id-${counter++}` };
const settle = (change: Partial<Schedule> = {}, keepNewest = false, at = now) =>
  accountForPassed({ ...base, ...change }, 'Suspended', keepNewest, at, tools);
const told = ({ fires }: ReturnType<typeof settle>) =>
  fires.map((row) => [row.outcome, row.reason, row.scheduledFor, row.lastScheduledFor, row.slotCount, row.delayMs]);

test('at a suspension every slot that has passed is skipped in one row, and the next one is ahead', () => {
  const settled = settle();
  assert.deepEqual(told(settled), [['Skipped', 'Suspended', hour(2), hour(4), 3, 7_800_000]]);
  const { nextSlotAt, nextFireAt, accountedUntil } = settled.schedule;
  assert.deepEqual([nextSlotAt, nextFireAt, accountedUntil], [hour(5), hour(5), hour(4)]);
});

test('a slot has passed from its very moment on, with its place in the spread, and not before', () => {
  assert.deepEqual(told(settle({}, false, '2026-05-28T01:59:59.999Z')), []);
  assert.equal(told(settle({}, false, hour(2))).length, 1);
  const spreadSeconds = 1800;
  const place = Date.parse(hour(2)) + spreadOffsetSeconds(id, spreadSeconds) * 1000;
  assert.deepEqual(told(settle({ spreadSeconds }, false, new Date(place - 1).toISOString())), []);
  assert.deepEqual(told(settle({ spreadSeconds }, false, new Date(place).toISOString()))[0]?.slice(4), [1, 0]);
});

test('a slot that lies ahead has not passed, also when it waited before the clock was set back', () => {
  const before = '2026-05-28T01:00:00.000Z';
  for (const change of [{}, { deferredReason: 'Blackout' as const }])
    assert.deepEqual(told(settle(change, false, before)), []);
  assert.equal(settle({ deferredReason: 'Blackout' }).schedule.deferredReason, undefined);
});

test('to catch up the newest slot is left to be fired at once, and those before it are skipped', () => {
  const settled = settle({}, true);
  assert.deepEqual(told(settled), [['Skipped', 'Suspended', hour(2), hour(3), 2, 7_800_000]]);
  const { nextSlotAt, nextFireAt, accountedUntil } = settled.schedule;
  assert.deepEqual([nextSlotAt, nextFireAt, accountedUntil], [hour(4), now, hour(3)]);
  const single = settle({}, true, '2026-05-28T02:30:00.000Z');
  assert.deepEqual(told(single), []);
  assert.deepEqual([single.schedule.nextSlotAt, single.schedule.accountedUntil], [hour(2), undefined]);
});

test('after the last slot nothing is due any more', () => {
  const { schedule } = settle({ endsAt: '2026-05-28T04:30:00.000Z' });
  assert.deepEqual(
    [schedule.nextSlotAt, schedule.nextFireAt, schedule.accountedUntil],
    [undefined, undefined, hour(4)],
  );
  assert.deepEqual(settle({ nextSlotAt: undefined }).fires, []);
});

test('a changed recurrence counts from now, unless an old slot is still to be fired', () => {
  const daily = { schedule: '30 6 * * *' };
  const next = (change: Partial<Schedule>) => {
    const { nextSlotAt, nextFireAt } = rescheduled({ ...base, ...daily, ...change }, now);
    return [nextSlotAt, nextFireAt];
  };
  const half = '2026-05-28T06:30:00.000Z';
  assert.deepEqual(next({ nextSlotAt: hour(5), nextFireAt: hour(5) }), [half, half]);
  assert.deepEqual(next({ nextSlotAt: hour(4), nextFireAt: now }), [hour(4), now]);
  assert.deepEqual(next({ nextSlotAt: undefined, nextFireAt: undefined }), [half, half]);
  // Its slot has come and its place in the spread has not: it is fired there.
  const spread = { nextSlotAt: hour(4), nextFireAt: '2026-05-28T04:30:00.000Z', spreadSeconds: 3600 };
  assert.equal(next(spread)[0], hour(4));
});

test('a changed recurrence counts from now, also when what was accounted for lies ahead of the clock', () => {
  const ahead = { nextSlotAt: hour(9), nextFireAt: hour(9), accountedUntil: hour(8) };
  assert.equal(rescheduled({ ...base, ...ahead }, now).nextSlotAt, hour(5));
  assert.equal(
    rescheduled({ ...base, ...ahead, accountedUntil: hour(6) }, now).nextSlotAt,
    hour(7),
    'no slot fires twice',
  );
  assert.equal(rescheduled({ ...base, ...ahead, deferredReason: 'Blackout' }, now).deferredReason, undefined);
});

test('suspended it is looked at only when it resumes; awake again when its slot is due', () => {
  assert.equal(silenced(base).nextFireAt, undefined);
  assert.equal(silenced({ ...base, resumeAt: hour(9) }).nextFireAt, hour(9));
  assert.equal(awakened(silenced(base)).nextFireAt, hour(2));
  assert.equal(awakened({ ...base, nextFireAt: now }).nextFireAt, now);
  assert.equal(awakened({ ...base, nextSlotAt: undefined, nextFireAt: undefined }).nextFireAt, undefined);
});
