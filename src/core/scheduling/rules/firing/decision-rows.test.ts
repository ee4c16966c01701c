/** Each kind of decision as the rows that are written for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../../test/support/core/due-schedule-example.ts';
import { rowsOf } from './decision-rows.ts';
import type { DueSchedule } from './due-schedule.ts';
import type { FireDecision } from './fire-decision.ts';

const now = '2026-05-28T04:10:00.000Z';
const offsetSeconds = 300;
const passed = {
  first: '2026-05-28T02:00:00.000Z',
  newest: '2026-05-28T04:00:00.000Z',
  count: 3,
  beforeNewest: '2026-05-28T03:00:00.000Z',
  next: '2026-05-28T05:00:00.000Z',
};
const decisions: { readonly [Kind in FireDecision['kind']]: FireDecision & { kind: Kind } } = {
  NotYet: { kind: 'NotYet' },
  Stopped: { kind: 'Stopped', reason: 'ClusterSuspended', passed },
  Skipped: {
    kind: 'Skipped',
    fates: [
      { outcome: 'Skipped', reason: 'DeadlineExceeded', first: passed.first, last: passed.first, count: 1 },
      { outcome: 'Skipped', reason: 'Blackout', first: passed.beforeNewest, last: passed.newest, count: 2 },
    ],
    passed,
  },
  Waits: { kind: 'Waits', reason: 'ClusterBusy', first: passed.first, lookAgainAt: '2026-05-28T04:10:10.000Z' },
  Fires: {
    kind: 'Fires',
    fates: [{ outcome: 'Coalesced', reason: 'ServiceDown', first: passed.first, last: passed.first, count: 1 }],
    slots: [passed.beforeNewest, passed.newest],
    replacesId: 'before',
    passed,
  },
};

function rows(decision: FireDecision, change: Partial<DueSchedule> = {}) {
  let id = 0;
  const written = rowsOf({ schedule: { ...dueSchedule, ...change }, now, offsetSeconds }, decision, () => `id-${id++}`);
  return {
    fires: written.fires.map(
      ({ scheduledFor, lastScheduledFor = scheduledFor, slotCount, outcome, reason, delayMs }) =>
        `${scheduledFor.slice(11, 16)}–${lastScheduledFor.slice(11, 16)}×${slotCount} ${outcome}/${reason} ${delayMs} ms`,
    ),
    operations: written.operations.map(({ scheduledFor }) => scheduledFor),
    events: written.events.length,
    cancelledId: written.cancelledId,
    advance: written.advance,
  };
}

const nothing = { fires: [], operations: [], events: 0, cancelledId: undefined };
const scheduleId = dueSchedule.id;
const pastAll = {
  scheduleId,
  lastFireAt: undefined,
  accountedUntil: passed.newest,
  nextSlotAt: passed.next,
  nextFireAt: '2026-05-28T05:05:00.000Z',
};

const expected: { readonly [Kind in FireDecision['kind']]: ReturnType<typeof rows> } = {
  NotYet: {
    ...nothing,
    advance: {
      scheduleId,
      nextSlotAt: dueSchedule.nextSlotAt,
      nextFireAt: '2026-05-28T02:05:00.000Z',
      deferredReason: undefined,
    },
  },
  Stopped: { ...nothing, fires: ['02:00–04:00×3 Skipped/ClusterSuspended 7500000 ms'], advance: pastAll },
  Skipped: {
    ...nothing,
    fires: ['02:00–02:00×1 Skipped/DeadlineExceeded 7500000 ms', '03:00–04:00×2 Skipped/Blackout 3900000 ms'],
    advance: pastAll,
  },
  Waits: {
    ...nothing,
    fires: ['02:00–02:00×1 Deferred/ClusterBusy 7500000 ms'],
    advance: {
      scheduleId,
      nextSlotAt: passed.first,
      nextFireAt: '2026-05-28T04:10:10.000Z',
      deferredReason: 'ClusterBusy',
    },
  },
  Fires: {
    fires: [
      '02:00–02:00×1 Coalesced/ServiceDown 7500000 ms',
      '03:00–03:00×1 Late/ServiceDown 3900000 ms',
      '04:00–04:00×1 Late/ServiceDown 300000 ms',
    ],
    operations: [passed.beforeNewest, passed.newest],
    events: 2,
    cancelledId: 'before',
    advance: { ...pastAll, lastFireAt: passed.newest },
  },
};

for (const decision of Object.values(decisions)) {
  test(`a decision is written as its rows and says how the schedule goes on: ${decision.kind}`, () => {
    assert.deepEqual(rows(decision), expected[decision.kind]);
  });
}

test('a slot that waits has one row in the ledger, not one a look', () => {
  assert.deepEqual(rows(decisions.Waits, { deferredReason: 'ClusterBusy' }), { ...expected.Waits, fires: [] });
  assert.deepEqual(rows(decisions.Waits, { deferredReason: 'Blackout' }), expected.Waits);
});

test('a schedule that is looked at too early goes on waiting for what it waited for', () => {
  const { advance } = rows(decisions.NotYet, { deferredReason: 'Blackout' });
  assert.equal(advance.deferredReason, 'Blackout');
});

test('slots that wait for their turn stay unaccounted for, and are looked at again', () => {
  const { fires, advance } = rows({ ...decisions.Fires, slots: [passed.beforeNewest], remaining: passed.newest });
  assert.equal(fires.length, 2);
  assert.deepEqual(advance, {
    scheduleId,
    lastFireAt: passed.beforeNewest,
    accountedUntil: passed.beforeNewest,
    nextSlotAt: passed.newest,
    nextFireAt: '2026-05-28T04:10:10.000Z',
  });
});

test('a schedule without a further slot is not looked at any more', () => {
  const { advance } = rows({ ...decisions.Skipped, passed: { ...passed, next: undefined } });
  assert.deepEqual([advance.nextSlotAt, advance.nextFireAt], [undefined, undefined]);
  const notYet = rows(decisions.NotYet, { nextSlotAt: undefined });
  assert.deepEqual(notYet, {
    ...nothing,
    advance: { scheduleId, nextSlotAt: undefined, nextFireAt: undefined, deferredReason: undefined },
  });
});

test('a fire within a minute of when it was due is on time, a later one says what it waited for', () => {
  const fired = (seconds: number, change: Partial<DueSchedule> = {}) => {
    const slot = new Date(Date.parse(now) - (offsetSeconds + seconds) * 1000).toISOString();
    const written = rows({ ...decisions.Fires, fates: [], slots: [slot] }, change);
    return written.fires.map((fire) => fire.split(' ')[1]);
  };
  assert.deepEqual(fired(60), ['Fired/OnTime']);
  assert.deepEqual(fired(60, { deferredReason: 'Blackout' }), ['Fired/OnTime']);
  assert.deepEqual(fired(61), ['Late/ServiceDown']);
  assert.deepEqual(fired(61, { deferredReason: 'Blackout' }), ['Late/Blackout']);
});

test('an Operation and its row in the ledger name each other', () => {
  let id = 0;
  const { operations, fires, events } = rowsOf(
    { schedule: dueSchedule, now, offsetSeconds },
    decisions.Fires,
    () => `id-${id++}`,
  );
  const ids = operations.map((operation) => operation.id);
  assert.deepEqual(
    fires.map(({ operationId }) => operationId),
    [undefined, ...ids],
  );
  assert.deepEqual(
    events.map(({ operationId }) => operationId),
    ids,
  );
  assert.equal(new Set([...ids, ...fires.map((fire) => fire.id)]).size, 5);
});

test('the Operation of a slot is made from the schedule and what its application, class and organization say', () => {
  const change: Partial<DueSchedule> = {
    ...{ startingDeadlineSeconds: 9_000, template: { parameters: { snapshotVolumes: true } } },
    ...{ defaultParameters: { snapshotVolumes: false, storageLocation: 'aws' }, override: { hourly: '36h' } },
  };
  const slots = [passed.newest];
  const { operations } = rowsOf(
    { schedule: { ...dueSchedule, ...change }, now, offsetSeconds },
    { ...decisions.Fires, slots },
    () => 'id',
  );
  const { organizationId, clusterId, applicationInstanceId, namespace, target } = dueSchedule;
  const shared = {
    ...{ id: 'id', organizationId, clusterId, applicationInstanceId, namespace, target },
    ...{ scheduleId, scheduledFor: passed.newest, name: 'nextcloud-myteam-backup-20260528t040000z-873becfb' },
    ...{ type: 'Backup', engine: 'velero', parameters: { snapshotVolumes: true, storageLocation: 'aws' } },
    ...{ ttl: '36h', ttlSource: 'organization', origin: 'schedule', requestedBy: 'schedule/hourly', phase: 'Pending' },
    ...{ conditions: [], outputs: {}, warnings: [], createdAt: now, revision: 1 },
  };
  assert.deepEqual(operations, [{ ...shared, deliverBefore: '2026-05-28T06:30:00.000Z' }]);
  const plain = (more: Partial<DueSchedule>) =>
    rowsOf({ schedule: { ...dueSchedule, ...more }, now, offsetSeconds }, { ...decisions.Fires, slots }, () => 'id')
      .operations[0];
  assert.equal(plain({})?.deliverBefore, '2026-05-29T04:10:00.000Z', "the class's deadline, from now");
  assert.deepEqual([plain({ ttl: '48h' })?.ttl, plain({ ttl: '48h' })?.ttlSource], ['48h', 'schedule']);
  assert.deepEqual(plain({ cadence: 'yearly', classRetention: { yearly: '9000h' } })?.ttl, '9000h');
});

test('a schedule whose time to resume has come says so, whatever becomes of its slots', () => {
  for (const decision of [decisions.Stopped, decisions.NotYet]) {
    const { events } = rowsOf(
      { schedule: { ...dueSchedule, suspend: true }, now, offsetSeconds },
      decision,
      () => 'id',
    );
    assert.deepEqual(
      events.map(({ type, reason, message, scheduleId: of, at }) => [type, reason, message, of, at]),
      [['Normal', 'Resumed', 'Resumed by itself: resumeAt has come.', scheduleId, now]],
    );
  }
});
