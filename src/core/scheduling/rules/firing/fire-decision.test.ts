/** Each kind of decision about a due schedule, and what it is for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../../test/support/core/due-schedule-example.ts';
import { memoizedNextSlot } from '../../../time/rules/recurrence.ts';
import { memoizedPassedSlots, spreadOffsetSeconds } from '../../../time/rules/slots.ts';
import type { BlackoutWindow } from '../blackout.ts';
import type { DueSchedule, Surroundings } from './due-schedule.ts';
import { decideFire, type FireDecision } from './fire-decision.ts';

const onTime = '2026-05-28T02:00:00.200Z';
const threeSlotsPassed = '2026-05-28T04:10:00.000Z';
const passedSlots = memoizedPassedSlots(memoizedNextSlot());

function decided(change: Partial<DueSchedule>, now = onTime, around: Partial<Surroundings> = {}): FireDecision {
  const schedule = { ...dueSchedule, ...change };
  const offsetSeconds = spreadOffsetSeconds(schedule.id, schedule.spreadSeconds);
  return decideFire({ schedule, now, offsetSeconds }, { windows: [], room: new Map(), ...around }, passedSlots);
}

const room = (count: number) => ({ room: new Map([[dueSchedule.clusterId, count]]) });
const window: BlackoutWindow = {
  id: dueSchedule.id,
  organizationId: dueSchedule.organizationId,
  name: 'nights',
  timeZone: 'Etc/UTC',
  days: [],
  from: '01:30',
  to: '03:30',
  behavior: 'Defer',
  createdAt: onTime,
  updatedAt: onTime,
  revision: 1,
};
const onlyFirst = {
  first: '2026-05-28T02:00:00.000Z',
  newest: '2026-05-28T02:00:00.000Z',
  count: 1,
  beforeNewest: undefined,
  next: '2026-05-28T03:00:00.000Z',
};
const threePassed = {
  first: '2026-05-28T02:00:00.000Z',
  newest: '2026-05-28T04:00:00.000Z',
  count: 3,
  beforeNewest: '2026-05-28T03:00:00.000Z',
  next: '2026-05-28T05:00:00.000Z',
};

test('a schedule whose slot has not come is not decided: neither before the slot, nor before its place in the spread', () => {
  assert.deepEqual(decided({}, '2026-05-28T01:59:59.999Z'), { kind: 'NotYet' });
  const spreadSeconds = 3600;
  const offset = spreadOffsetSeconds(dueSchedule.id, spreadSeconds);
  const place = Date.parse(dueSchedule.nextSlotAt) + offset * 1000;
  assert.ok(offset > 0);
  assert.deepEqual(decided({ spreadSeconds }, new Date(place - 1).toISOString()), { kind: 'NotYet' });
  assert.equal(decided({ spreadSeconds }, new Date(place).toISOString()).kind, 'Fires');
});

test('a schedule without a slot left is looked at without harm when the time to resume comes', () => {
  assert.deepEqual(decided({ nextSlotAt: undefined, suspend: true }), { kind: 'NotYet' });
});

test('a suspension stops all slots that have passed, whatever else would keep them or let them go', () => {
  for (const [change, reason] of [
    [{ suspend: true, organizationSuspend: true }, 'Suspended'],
    [{ organizationSuspend: true, clusterSuspend: true }, 'OrganizationSuspended'],
    [{ clusterSuspend: true, inFlightId: 'x' }, 'ClusterSuspended'],
  ] as const)
    assert.deepEqual(decided(change, threeSlotsPassed), { kind: 'Stopped', reason, passed: threePassed });
});

test('slots that nobody wants any more are skipped, with the fate of each', () => {
  const range = { first: threePassed.first, last: threePassed.newest, count: 3 };
  assert.deepEqual(decided({ missedFires: 'None' }, threeSlotsPassed), {
    kind: 'Skipped',
    fates: [{ outcome: 'Skipped', reason: 'Missed', ...range }],
    passed: threePassed,
  });
  assert.deepEqual(decided({ startingDeadlineSeconds: 60, inFlightId: 'x' }, threeSlotsPassed), {
    kind: 'Skipped',
    fates: [{ outcome: 'Skipped', reason: 'DeadlineExceeded', ...range }],
    passed: threePassed,
  });
});

test('a window that skips leaves out what would be fired in it, and what was due in it', () => {
  const skips = { windows: [{ ...window, behavior: 'Skip' as const }] };
  const fates = [{ outcome: 'Skipped', reason: 'Blackout', first: onlyFirst.first, last: onlyFirst.first, count: 1 }];
  assert.deepEqual(decided({}, onTime, skips), { kind: 'Skipped', fates, passed: onlyFirst });
  const over = { windows: [{ ...window, behavior: 'Skip' as const, to: '02:01' }] };
  assert.deepEqual(decided({}, '2026-05-28T02:30:00.000Z', over), { kind: 'Skipped', fates, passed: onlyFirst });
  const begun = { windows: [{ ...window, behavior: 'Skip' as const, from: '02:20' }] };
  assert.deepEqual(decided({}, '2026-05-28T02:30:00.000Z', begun), { kind: 'Skipped', fates, passed: onlyFirst });
  const all = decided({ missedFires: 'All' }, '2026-05-28T03:10:00.000Z', skips);
  assert.deepEqual(all.kind === 'Skipped' && all.fates.map(({ first, last, count }) => [first, last, count]), [
    ['2026-05-28T02:00:00.000Z', '2026-05-28T03:00:00.000Z', 2],
  ]);
});

test('a slot waits for what ends: the first that is not accounted for stays, and is looked at again soon', () => {
  for (const [change, around, reason] of [
    [{ inFlightId: 'x' }, {}, 'PreviousInFlight'],
    [{ restoring: true, concurrencyPolicy: 'Allow' }, {}, 'RestoreInFlight'],
    [{}, room(0), 'ClusterBusy'],
    [{ restoring: true, inFlightId: 'x' }, room(0), 'RestoreInFlight'],
  ] as const) {
    const lookAgainAt = '2026-05-28T02:00:10.200Z';
    assert.deepEqual(decided(change, onTime, around), { kind: 'Waits', reason, first: onlyFirst.first, lookAgainAt });
  }
  const several = decided({ inFlightId: 'x' }, threeSlotsPassed);
  assert.equal(several.kind === 'Waits' && several.first, threePassed.first);
});

test('a slot that waits is looked at again at the end of its window, at the next slot or after its deadline, whichever comes first', () => {
  const lookAgain = (change: Partial<DueSchedule>, to: string) => {
    const decision = decided(change, onTime, { windows: [{ ...window, to }] });
    return decision.kind === 'Waits' && decision.reason === 'Blackout' && decision.lookAgainAt;
  };
  assert.equal(lookAgain({}, '02:30'), '2026-05-28T02:30:00.000Z');
  assert.equal(lookAgain({}, '03:30'), onlyFirst.next);
  assert.equal(lookAgain({ startingDeadlineSeconds: 600 }, '02:30'), '2026-05-28T02:10:01.000Z');
});

test('the newest slot fires, and those before it are coalesced', () => {
  assert.deepEqual(decided({}, threeSlotsPassed), {
    kind: 'Fires',
    fates: [
      {
        outcome: 'Coalesced',
        reason: 'ServiceDown',
        first: threePassed.first,
        last: threePassed.beforeNewest,
        count: 2,
      },
    ],
    slots: [threePassed.newest],
    remaining: undefined,
    replacesId: undefined,
    passed: threePassed,
  });
});

test('of several slots one fires at a time, or as many as overlap and the room in the cluster allow', () => {
  const fired = (change: Partial<DueSchedule>, around: Partial<Surroundings> = {}) => {
    const decision = decided({ missedFires: 'All', ...change }, threeSlotsPassed, around);
    return decision.kind === 'Fires' && [decision.slots.length, decision.remaining];
  };
  assert.deepEqual(fired({}), [1, threePassed.beforeNewest]);
  assert.deepEqual(fired({ concurrencyPolicy: 'Replace' }), [1, threePassed.beforeNewest]);
  assert.deepEqual(fired({ concurrencyPolicy: 'Allow' }), [3, undefined]);
  assert.deepEqual(fired({ concurrencyPolicy: 'Allow' }, room(2)), [2, threePassed.newest]);
  assert.deepEqual(fired({ concurrencyPolicy: 'Allow' }, room(3)), [3, undefined]);
});

test('only Replace cancels the Operation before', () => {
  const replaced = (concurrencyPolicy: DueSchedule['concurrencyPolicy']) => {
    const decision = decided({ concurrencyPolicy, inFlightId: 'x' });
    return decision.kind === 'Fires' ? decision.replacesId : decision.kind;
  };
  assert.deepEqual([replaced('Replace'), replaced('Allow'), replaced('Forbid')], ['x', undefined, 'Waits']);
});
