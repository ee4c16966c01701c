/** What becomes of slots, case by case: the policies × what is around × how late it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule as base } from '../../../../test/support/core/due-schedule-example.ts';
import { nextSlot } from '../../time/rules/recurrence.ts';
import type { BlackoutWindow } from './blackout.ts';
import type { DueSchedule, Surroundings } from './due-schedule.ts';
import { decideFires } from './firing.ts';
import { maxCatchUp } from './missed-fires.ts';

const window: BlackoutWindow = {
  id: base.id,
  organizationId: base.organizationId,
  name: 'nights',
  timeZone: 'Etc/UTC',
  days: [],
  from: '01:30',
  to: '03:30',
  behavior: 'Defer',
  createdAt: base.nextSlotAt,
  updatedAt: base.nextSlotAt,
  revision: 1,
};
const onTime = '2026-05-28T02:00:00.200Z';
const threeDaysLater = '2026-05-31T02:30:00.000Z';

interface Case {
  readonly name: string;
  readonly schedule?: Partial<DueSchedule>;
  readonly around?: Partial<Surroundings>;
  readonly now?: string;
  /** outcome/reason×count of each row, oldest first. */
  readonly ledger: readonly string[];
  readonly operations: number;
  readonly next?: string;
}

const cases: readonly Case[] = [
  { name: 'on time', ledger: ['Fired/OnTime×1'], operations: 1, next: '2026-05-28T03:00:00.000Z' },
  {
    name: 'three days down, Latest',
    now: threeDaysLater,
    ledger: ['Coalesced/ServiceDown×72', 'Late/ServiceDown×1'],
    operations: 1,
  },
  {
    name: 'three days down, None',
    schedule: { missedFires: 'None' },
    now: threeDaysLater,
    ledger: ['Skipped/Missed×73'],
    operations: 0,
  },
  {
    name: 'three days down, All and Allow',
    schedule: { missedFires: 'All', concurrencyPolicy: 'Allow' },
    now: threeDaysLater,
    ledger: Array(73).fill('Late/ServiceDown×1'),
    operations: 73,
  },
  {
    name: 'All, one at a time',
    schedule: { missedFires: 'All' },
    now: '2026-05-28T04:30:00.000Z',
    ledger: ['Late/ServiceDown×1'],
    operations: 1,
    next: '2026-05-28T04:30:10.000Z',
  },
  {
    name: 'All is bounded',
    schedule: { missedFires: 'All', concurrencyPolicy: 'Allow', schedule: '* * * * *' },
    now: '2026-05-28T06:00:00.000Z',
    ledger: [
      'Coalesced/ServiceDown×141',
      ...Array(maxCatchUp - 2).fill('Late/ServiceDown×1'),
      'Fired/OnTime×1',
      'Fired/OnTime×1',
    ],
    operations: maxCatchUp,
  },
  {
    name: 'late within its deadline, None: it is not missed yet',
    schedule: { missedFires: 'None', startingDeadlineSeconds: 600 },
    now: '2026-05-28T02:09:00.000Z',
    ledger: ['Late/ServiceDown×1'],
    operations: 1,
  },
  {
    name: 'at its deadline, None',
    schedule: { missedFires: 'None', startingDeadlineSeconds: 600 },
    now: '2026-05-28T02:10:00.000Z',
    ledger: ['Late/ServiceDown×1'],
    operations: 1,
  },
  {
    name: 'past its deadline, None',
    schedule: { missedFires: 'None', startingDeadlineSeconds: 600 },
    now: '2026-05-28T02:10:00.001Z',
    ledger: ['Skipped/DeadlineExceeded×1'],
    operations: 0,
  },
  {
    name: 'slots before one within its deadline, None',
    schedule: { missedFires: 'None', startingDeadlineSeconds: 600 },
    now: '2026-05-28T04:09:00.000Z',
    ledger: ['Skipped/Missed×2', 'Late/ServiceDown×1'],
    operations: 1,
  },
  {
    name: 'without a deadline, None: a minute late is missed',
    schedule: { missedFires: 'None' },
    now: '2026-05-28T02:01:00.001Z',
    ledger: ['Skipped/Missed×1'],
    operations: 0,
  },
  {
    name: 'waited longer than a minute, None: it is not missed',
    schedule: { missedFires: 'None', deferredReason: 'ClusterBusy' },
    now: '2026-05-28T02:20:00.000Z',
    ledger: ['Late/ClusterBusy×1'],
    operations: 1,
  },
  {
    name: 'past its deadline',
    schedule: { startingDeadlineSeconds: 600 },
    now: '2026-05-28T02:11:00.000Z',
    ledger: ['Skipped/DeadlineExceeded×1'],
    operations: 0,
  },
  {
    name: 'within its deadline',
    schedule: { startingDeadlineSeconds: 600 },
    now: '2026-05-28T02:09:00.000Z',
    ledger: ['Late/ServiceDown×1'],
    operations: 1,
  },
  {
    name: 'All within a deadline',
    schedule: { missedFires: 'All', concurrencyPolicy: 'Allow', startingDeadlineSeconds: 7200 },
    now: '2026-05-28T06:30:00.000Z',
    ledger: ['Skipped/DeadlineExceeded×3', 'Late/ServiceDown×1', 'Late/ServiceDown×1'],
    operations: 2,
  },
  {
    name: 'the one before runs, Forbid',
    schedule: { inFlightId: 'x' },
    ledger: ['Deferred/PreviousInFlight×1'],
    operations: 0,
    next: '2026-05-28T02:00:10.200Z',
  },
  {
    name: 'still waiting is one row',
    schedule: { inFlightId: 'x', deferredReason: 'PreviousInFlight' },
    now: '2026-05-28T02:05:00.000Z',
    ledger: [],
    operations: 0,
    next: '2026-05-28T02:05:10.000Z',
  },
  {
    name: 'waited, and now it may',
    schedule: { deferredReason: 'PreviousInFlight' },
    now: '2026-05-28T02:05:00.000Z',
    ledger: ['Late/PreviousInFlight×1'],
    operations: 1,
  },
  {
    name: 'waited until the next slot',
    schedule: { deferredReason: 'PreviousInFlight' },
    now: '2026-05-28T03:00:00.100Z',
    ledger: ['Coalesced/PreviousInFlight×1', 'Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'waits no longer than its deadline',
    schedule: { inFlightId: 'x', startingDeadlineSeconds: 5 },
    ledger: ['Deferred/PreviousInFlight×1'],
    operations: 0,
    next: '2026-05-28T02:00:06.000Z',
  },
  {
    name: 'the one before runs, Allow',
    schedule: { inFlightId: 'x', concurrencyPolicy: 'Allow' },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'the one before runs, Replace',
    schedule: { inFlightId: 'x', concurrencyPolicy: 'Replace' },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'a restore runs',
    schedule: { restoring: true, concurrencyPolicy: 'Allow' },
    ledger: ['Deferred/RestoreInFlight×1'],
    operations: 0,
  },
  {
    name: 'the cluster is full',
    around: { room: new Map([[base.clusterId, 0]]) },
    ledger: ['Deferred/ClusterBusy×1'],
    operations: 0,
  },
  {
    name: 'the cluster has room',
    around: { room: new Map([[base.clusterId, 1]]) },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'blackout defers to its end',
    around: { windows: [window] },
    ledger: ['Deferred/Blackout×1'],
    operations: 0,
    next: '2026-05-28T03:00:00.000Z',
  },
  {
    name: 'a daily slot waits for the end of its blackout, and not for the slot after it',
    schedule: { schedule: '0 2 * * *' },
    around: { windows: [window] },
    ledger: ['Deferred/Blackout×1'],
    operations: 0,
    next: '2026-05-28T03:30:00.000Z',
  },
  {
    name: 'a blackout over midnight holds before it',
    schedule: { schedule: '0 2 * * *', nextSlotAt: '2026-05-28T23:10:00.000Z' },
    around: { windows: [{ ...window, from: '23:00', to: '01:30' }] },
    now: '2026-05-28T23:10:00.200Z',
    ledger: ['Deferred/Blackout×1'],
    operations: 0,
    next: '2026-05-29T01:30:00.000Z',
  },
  {
    name: 'a blackout over midnight holds after it, by the day on which it began',
    schedule: { schedule: '0 2 * * *' },
    around: { windows: [{ ...window, from: '23:00', to: '03:30', days: ['WED'] }] },
    ledger: ['Deferred/Blackout×1'],
    operations: 0,
    next: '2026-05-28T03:30:00.000Z',
  },
  {
    name: 'a blackout over midnight that began on another day',
    schedule: { schedule: '0 2 * * *' },
    around: { windows: [{ ...window, from: '23:00', to: '03:30', days: ['THU'] }] },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'a blackout that skips goes over one that defers',
    around: { windows: [window, { ...window, behavior: 'Skip' }, window] },
    ledger: ['Skipped/Blackout×1'],
    operations: 0,
  },
  {
    name: 'a slot of a blackout that skips stays skipped when it is looked at after its end',
    schedule: { schedule: '0 2 * * *' },
    around: { windows: [{ ...window, behavior: 'Skip' }] },
    now: '2026-05-28T04:00:00.000Z',
    ledger: ['Skipped/Blackout×1'],
    operations: 0,
  },
  {
    name: 'a slot that waited for its blackout fires after it',
    schedule: { schedule: '0 2 * * *', deferredReason: 'Blackout' },
    around: { windows: [window] },
    now: '2026-05-28T03:30:00.000Z',
    ledger: ['Late/Blackout×1'],
    operations: 1,
  },
  {
    name: 'a blackout of another organization',
    around: { windows: [{ ...window, organizationId: base.id }] },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'blackout skips',
    around: { windows: [{ ...window, behavior: 'Skip' }] },
    ledger: ['Skipped/Blackout×1'],
    operations: 0,
    next: '2026-05-28T03:00:00.000Z',
  },
  {
    name: 'a blackout of another cluster',
    around: { windows: [{ ...window, clusterId: base.id }] },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'a blackout on other days',
    around: { windows: [{ ...window, days: ['SUN'] }] },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'the organization stands still',
    schedule: { organizationSuspend: true },
    now: '2026-05-28T04:10:00.000Z',
    ledger: ['Skipped/OrganizationSuspended×3'],
    operations: 0,
  },
  {
    name: 'the cluster stands still',
    schedule: { clusterSuspend: true },
    ledger: ['Skipped/ClusterSuspended×1'],
    operations: 0,
  },
  {
    name: 'the time to resume has come',
    schedule: { suspend: true },
    now: '2026-05-28T04:10:00.000Z',
    ledger: ['Skipped/Suspended×3'],
    operations: 0,
    next: '2026-05-28T05:00:00.000Z',
  },
  {
    name: 'the last slot',
    schedule: { endsAt: '2026-05-28T02:30:00.000Z' },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'one moment',
    schedule: { schedule: undefined, at: '2026-05-28T02:00:00.000Z' },
    ledger: ['Fired/OnTime×1'],
    operations: 1,
  },
  {
    name: 'looked at too early',
    now: '2026-05-28T01:59:00.000Z',
    ledger: [],
    operations: 0,
    next: '2026-05-28T02:00:00.000Z',
  },
];

for (const { name, schedule, around, now = onTime, ledger, operations, next } of cases) {
  test(`slots have the fate that the policies say: ${name}`, () => {
    let id = 0;
    const rows = decideFires([{ ...base, ...schedule }], { windows: [], room: new Map(), ...around }, now, {
      nextSlot,
      newId: () => `id-${id++}`,
    });
    assert.deepEqual(
      rows.fires.map((fire) => `${fire.outcome}/${fire.reason}×${fire.slotCount}`),
      ledger,
    );
    assert.equal(rows.operations.length, operations);
    assert.equal(new Set(rows.operations.map(({ scheduledFor }) => scheduledFor)).size, operations);
    assert.equal(rows.advances.length, 1);
    if (next !== undefined) assert.equal(rows.advances[0]?.nextFireAt, next);
    assert.deepEqual(rows.cancelledIds, schedule?.concurrencyPolicy === 'Replace' ? ['x'] : []);
  });
}

test('room in a cluster is given to the oldest slots first, and to no more than it has', () => {
  const due = Array.from({ length: 5 }, (_, n) => ({ ...base, id: `01a1fc2c-56dc-776a-9702-00000000000${n}` }));
  let id = 0;
  const rows = decideFires(due, { windows: [], room: new Map([[base.clusterId, 2]]) }, onTime, {
    nextSlot,
    newId: () => `id-${id++}`,
  });
  assert.deepEqual(
    rows.fires.map(({ outcome }) => outcome),
    ['Fired', 'Fired', 'Deferred', 'Deferred', 'Deferred'],
  );
});

test('one schedule that fires several slots takes room for each of them', () => {
  const several = { missedFires: 'All', concurrencyPolicy: 'Allow' } as const;
  const due = [
    { ...base, ...several },
    { ...base, id: '01a1fc2c-56dc-776a-9702-000000000001', nextSlotAt: '2026-05-28T04:00:00.000Z' },
  ];
  let id = 0;
  const outcomes = (room: number) =>
    decideFires(due, { windows: [], room: new Map([[base.clusterId, room]]) }, '2026-05-28T04:00:00.100Z', {
      nextSlot,
      newId: () => `id-${id++}`,
    }).fires.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes(3), ['Late', 'Late', 'Fired', 'Deferred']);
  assert.deepEqual(outcomes(4), ['Late', 'Late', 'Fired', 'Fired']);
});
