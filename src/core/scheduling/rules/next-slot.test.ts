/** The next slot counted from now, and a ledger that a wrong clock has filled with slots to come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { spreadOffsetSeconds } from '../../time/rules/slots.ts';
import type { Fire } from './ledger.ts';
import { countedFromNow, isAccountedAhead, withoutAhead } from './next-slot.ts';
import type { Schedule } from './schedule.ts';

const now = '2026-05-28T04:10:00.000Z';
const hour = (number: number) => `2026-05-28T0${number}:00:00.000Z`;
const counted = (change: Partial<Schedule>, at = now) => countedFromNow({ ...hourlySchedule, ...change }, at);
const next = (change: Partial<Schedule>, at = now) => counted(change, at).nextSlotAt;

test('a slot that has passed stays the next one, and one that lies ahead is counted again', () => {
  const far = { nextSlotAt: hour(9), nextFireAt: hour(9), deferredReason: 'Blackout' } as const;
  for (const nextSlotAt of [hour(1), hour(4)]) {
    const known = { ...hourlySchedule, ...far, nextSlotAt };
    assert.equal(countedFromNow(known, hour(4)), known);
  }
  assert.deepEqual(counted(far), { ...hourlySchedule, nextSlotAt: hour(5), nextFireAt: hour(5) });
  assert.deepEqual(counted({}), { ...hourlySchedule, nextSlotAt: hour(5), nextFireAt: hour(5) });
  const spreadSeconds = 1800;
  const due = new Date(Date.parse(hour(5)) + spreadOffsetSeconds(hourlySchedule.id, spreadSeconds) * 1000);
  assert.deepEqual(counted({ spreadSeconds }), {
    ...{ ...hourlySchedule, spreadSeconds },
    ...{ nextSlotAt: hour(5), nextFireAt: due.toISOString() },
  });
});

test('no slot that is accounted for comes again, unless it lies more than two hours ahead', () => {
  assert.equal(next({ accountedUntil: hour(3) }), hour(5), 'what has passed does not count');
  assert.equal(next({ accountedUntil: hour(4) }, hour(4)), hour(5));
  assert.equal(next({ accountedUntil: hour(5) }), hour(6));
  assert.equal(next({ accountedUntil: hour(6) }, hour(4)), hour(7));
  assert.equal(next({ accountedUntil: hour(6) }, '2026-05-28T03:59:59.999Z'), hour(4));
});

test('a suspended schedule keeps its time to resume, and one without a slot left has none', () => {
  const resumes = { suspend: true, nextFireAt: hour(9) };
  assert.deepEqual(counted(resumes), { ...hourlySchedule, ...resumes, nextSlotAt: hour(5) });
  assert.deepEqual(counted({ suspend: true }), { ...hourlySchedule, suspend: true, nextSlotAt: hour(5) });
  const ended = { endsAt: hour(4) };
  assert.deepEqual(counted({ ...ended, nextFireAt: hour(9) }), { ...hourlySchedule, ...ended });
  assert.deepEqual(counted({ ...ended, ...resumes }), { ...hourlySchedule, ...ended, ...resumes });
});

test('slots are accounted for ahead when the ledger reaches beyond now, or a slot that is to come waits', () => {
  const deferredReason = 'ClusterBusy';
  for (const [change, ahead] of [
    [{ accountedUntil: hour(5) }, true],
    [{ accountedUntil: now }, false],
    [{ nextSlotAt: hour(5), deferredReason }, true],
    [{ nextSlotAt: now, deferredReason }, false],
    [{ nextSlotAt: hour(5) }, false],
    [{ deferredReason }, false],
  ] as const)
    assert.equal(isAccountedAhead({ ...hourlySchedule, ...change }, now), ahead, JSON.stringify(change));
});

const row = (id: string, first: number, last = first, more: Partial<Fire> = {}): Fire => ({
  ...{ id, scheduleId: hourlySchedule.id, scheduledFor: hour(first), slotCount: last - first + 1 },
  ...(last > first && { lastScheduledFor: hour(last) }),
  ...{ outcome: 'Skipped', reason: 'Missed', firedAt: now, delayMs: 0, ...more },
});
const made = (id: string, slot: number, more: Partial<Fire> = {}) =>
  row(id, slot, slot, { outcome: 'Fired', reason: 'OnTime', operationId: `operation-${id}`, ...more });
const accounted = { ...hourlySchedule, accountedUntil: hour(9) };

test('of a row that reaches beyond now its part that has passed stays, and what is to come leaves the ledger', () => {
  const rows = [row('whole', 2, 4), row('part', 2, 8), row('one', 4, 5), row('ahead', 5), row('later', 6, 9)];
  assert.deepEqual(withoutAhead(accounted, rows, now), {
    schedule: { ...hourlySchedule, accountedUntil: hour(4) },
    replaced: [
      { id: 'part', by: row('part', 2, 4) },
      { id: 'one', by: row('one', 4) },
      { id: 'ahead', by: undefined },
      { id: 'later', by: undefined },
    ],
  });
  assert.deepEqual(withoutAhead(accounted, [row('begins now', 4, 6)], hour(4)).replaced, [
    { id: 'begins now', by: row('begins now', 4) },
  ]);
  assert.deepEqual(withoutAhead(accounted, [row('almost', 2, 6)], '2026-05-28T03:59:59.999Z').replaced, [
    { id: 'almost', by: row('almost', 2, 3) },
  ]);
});

test('what has an Operation stays, and all before it, within the two hours that a clock steps back', () => {
  const left = (rows: readonly Fire[], at = now, schedule: Schedule = accounted) => {
    const { schedule: known, replaced } = withoutAhead(schedule, rows, at);
    return [known.accountedUntil, replaced.map(({ id, by }) => [id, by?.lastScheduledFor ?? by?.scheduledFor])];
  };
  const skipped = [row('a', 5), row('b', 5, 8), row('c', 7, 9)];
  const replaced = [
    ['b', hour(6)],
    ['c', undefined],
  ];
  assert.deepEqual(left([made('x', 6), made('y', 5), ...skipped]), [hour(6), replaced]);
  assert.deepEqual(
    left([made('y', 5), made('x', 6), ...skipped], hour(4)),
    [hour(6), replaced],
    'two hours, to the last',
  );
  const none = [
    ['a', undefined],
    ['b', undefined],
    ['c', undefined],
  ];
  assert.deepEqual(left([made('x', 7), ...skipped]), [hour(4), none], 'further ahead than a clock steps back');
  assert.deepEqual(left([made('x', 5, { reason: 'Triggered' }), ...skipped]), [hour(4), none], 'asked for by a person');
  const until = { ...hourlySchedule, accountedUntil: hour(5) };
  assert.deepEqual(left([made('x', 6), row('a', 5)], now, until), [hour(4), [['a', undefined]]], 'not accounted for');
  assert.deepEqual(left([made('x', 5), row('a', 5)], now, until), [hour(5), []]);
});

test('what is accounted for up to now stays so', () => {
  for (const accountedUntil of [undefined, hour(3), now]) {
    const known = withoutAhead({ ...hourlySchedule, accountedUntil }, [made('x', 5), row('a', 6)], now);
    assert.equal(known.schedule.accountedUntil, accountedUntil);
    assert.deepEqual(known.replaced, [{ id: 'a', by: undefined }]);
  }
});
