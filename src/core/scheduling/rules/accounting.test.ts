/** Slots that are accounted for apart from the tick: at a suspension, a resume, a change and a removal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { spreadOffsetSeconds } from '../../time/rules/slots.ts';
import {
  accountForChange,
  accountForPassed,
  accountForRemoval,
  awakened,
  passedOver,
  rescheduled,
  silenced,
} from './accounting.ts';
import type { Schedule } from './schedule.ts';

const now = '2026-05-28T04:10:00.000Z';
const hour = (number: number) => `2026-05-28T0${number}:00:00.000Z`;
const base: Schedule = { ...hourlySchedule, nextSlotAt: hour(2), nextFireAt: hour(2) };
const { id } = base;
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
  const { nextFireAt: _, ...silent } = base;
  assert.deepEqual(silenced(base), silent);
  assert.equal(silenced({ ...base, resumeAt: hour(9) }).nextFireAt, hour(9));
  assert.equal(awakened(silenced(base)).nextFireAt, hour(2));
  assert.equal(awakened({ ...base, nextFireAt: now }).nextFireAt, now);
  assert.equal(awakened({ ...base, nextSlotAt: undefined, nextFireAt: undefined }).nextFireAt, undefined);
});

test('a row of slots that are passed over has all that the ledger says of a run', () => {
  const known = { ...base, deferredReason: 'ClusterBusy', nextSlotAt: hour(3) } as const;
  const { schedule, fires } = accountForPassed(known, 'Suspended', false, now, { newId: () => 'row' });
  assert.deepEqual(fires, [
    {
      ...{ id: 'row', scheduleId: id, scheduledFor: hour(3), lastScheduledFor: hour(4), slotCount: 2 },
      ...{ outcome: 'Skipped', reason: 'Suspended', firedAt: now, delayMs: 4_200_000 },
    },
  ]);
  const { deferredReason: _, ...rest } = known;
  assert.deepEqual(schedule, { ...rest, nextSlotAt: hour(5), nextFireAt: hour(5), accountedUntil: hour(4) });
});

test('only a slot that stays after a suspension says that it waited for its end', () => {
  const kept = (reason: 'Suspended' | 'ScheduleChanged') => accountForPassed(base, reason, true, now, tools).schedule;
  assert.equal(kept('Suspended').deferredReason, 'Suspended');
  assert.ok(!('deferredReason' in kept('ScheduleChanged')));
  const accounted = { ...base, accountedUntil: hour(1) };
  const single = accountForPassed(accounted, 'ScheduleChanged', true, hour(2), tools);
  assert.deepEqual(single, { schedule: { ...accounted, nextSlotAt: hour(2), nextFireAt: hour(2) }, fires: [] });
});

test('slots that cannot be computed stay unaccounted for; at a removal the first of them is known', () => {
  const broken = { ...base, timeZone: 'Europe/Atlantis' };
  assert.deepEqual(accountForPassed(broken, 'Suspended', false, now, tools), { schedule: broken, fires: [] });
  const removal = (change: Partial<Schedule>, at = now) =>
    accountForRemoval({ ...base, ...change }, at, tools).map(
      ({ outcome, reason, scheduledFor, slotCount, delayMs }) =>
        `${outcome}/${reason} ${scheduledFor.slice(11, 16)}×${slotCount} ${delayMs}`,
    );
  const { timeZone } = broken;
  assert.deepEqual(removal({}), ['Skipped/ScheduleChanged 02:00×3 7800000']);
  assert.deepEqual(removal({ suspend: true }), ['Skipped/Suspended 02:00×3 7800000']);
  assert.deepEqual(removal({ timeZone }), ['Skipped/ScheduleChanged 02:00×1 7800000']);
  assert.deepEqual(removal({ timeZone, suspend: true }, hour(2)), ['Skipped/Suspended 02:00×1 0']);
  assert.deepEqual(removal({ timeZone }, '2026-05-28T01:59:59.999Z'), []);
  assert.deepEqual(removal({ timeZone, nextSlotAt: undefined }), []);
  const offset = spreadOffsetSeconds(id, 600) * 1000;
  assert.deepEqual(removal({ timeZone, spreadSeconds: 600 }), [
    `Skipped/ScheduleChanged 02:00×1 ${7_800_000 - offset}`,
  ]);
});

test('a change accounts for slots by the old recurrence; a change that repairs it leaves them to the next tick', () => {
  const daily = { schedule: '30 6 * * *', timeZone: 'Etc/UTC' };
  const change = (more: Partial<Schedule>, at = now) => {
    const known = { ...base, ...more };
    const changed = accountForChange(known, { ...known, ...daily }, at, tools);
    const { nextSlotAt, nextFireAt } = changed.schedule;
    return [told(changed).map((row) => row.slice(1, 5)), nextSlotAt, nextFireAt];
  };
  assert.deepEqual(change({}), [[['ScheduleChanged', hour(2), hour(3), 2]], hour(4), now]);
  const { suspend, ...resting } = { suspend: true, nextFireAt: undefined };
  assert.deepEqual(change({ suspend, ...resting }), [[['Suspended', hour(2), hour(4), 3]], hour(5), hour(5)]);
  const timeZone = 'Europe/Atlantis';
  assert.deepEqual(change({ timeZone }), [[], hour(2), now], 'its slots wait for the next tick');
  assert.deepEqual(change({ timeZone, nextFireAt: hour(3) }, hour(2)), [[], hour(2), hour(2)]);
  const before = '2026-05-28T01:59:59.999Z';
  const later = { timeZone, nextFireAt: hour(3) };
  assert.deepEqual(change(later, before), [[], hour(2), hour(3)], 'none has passed');
  assert.deepEqual(change({ ...later, nextSlotAt: undefined }), [[], undefined, hour(3)]);
  assert.deepEqual(change({ timeZone, suspend, nextSlotAt: '2026-05-27T06:30:00.000Z' }), [
    [['Suspended', '2026-05-27T06:30:00.000Z', undefined, 1]],
    ...['2026-05-28T06:30:00.000Z', '2026-05-28T06:30:00.000Z'],
  ]);
});

test('a slot that is still to be fired goes before a changed recurrence, from the moment at which it is due', () => {
  const half = '2026-05-28T06:30:00.000Z';
  const next = (change: Partial<Schedule>) => {
    const known = { ...base, schedule: '30 6 * * *', ...change };
    const after = rescheduled(known, hour(4));
    return after === known ? 'as it is' : [after.nextSlotAt, after.nextFireAt];
  };
  assert.equal(next({ nextSlotAt: hour(2), nextFireAt: hour(4) }), 'as it is');
  assert.deepEqual(next({ nextSlotAt: hour(4), nextFireAt: hour(5) }), [hour(4), hour(4)]);
  assert.deepEqual(next({ nextSlotAt: '2026-05-28T04:00:00.001Z', nextFireAt: hour(5) }), [half, half]);
  assert.deepEqual(next({ nextSlotAt: hour(4), nextFireAt: undefined }), [hour(4), hour(4)]);
});

test('a resume tells what passed, what fires next, and what to do when nothing fires before', () => {
  const row = (slotCount: number) => settle({}, false, `2026-05-28T0${slotCount + 1}:10:00.000Z`).fires;
  const nextFireAt = hour(5);
  assert.deepEqual(passedOver({ ...base, nextFireAt }, [], now), {
    ...{ skippedSlotCount: 0, note: `No slot was skipped. It fires next at ${nextFireAt}.` },
  });
  assert.equal(passedOver({ ...base, nextFireAt: undefined }, [], now).note, 'No slot was skipped. No slot is left.');
  assert.deepEqual(passedOver({ ...base, nextFireAt }, row(3), now), {
    ...{ skippedSlotCount: 3, firstSkippedAt: hour(2), lastSkippedAt: hour(4) },
    note: `3 slots passed during the suspension, from ${hour(2)} to ${hour(4)}, and were skipped. It fires next at ${nextFireAt}. Trigger the schedule if a copy is needed before.`,
  });
  assert.deepEqual(passedOver({ ...base, nextSlotAt: hour(4), nextFireAt: now }, row(1), now), {
    ...{ skippedSlotCount: 1, firstSkippedAt: hour(2), lastSkippedAt: hour(2) },
    note: `The slot ${hour(2)} passed during the suspension and was skipped. The newest slot that passed (${hour(4)}) fires now.`,
  });
  assert.match(passedOver({ ...base, nextFireAt: undefined }, row(1), now).note, /was skipped\. No slot is left\.$/);
});
