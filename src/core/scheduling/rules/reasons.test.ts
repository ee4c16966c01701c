/** What the history of a schedule says: of which schedule, and which fields a change has changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { changedFields, eventOfSchedule } from './reasons.ts';
import { type Schedule, ScheduleChange } from './schedule.ts';

const at = '2026-05-28T10:00:00.000Z';

test('an event of a schedule names it, its organization, its cluster and its application', () => {
  const named = { id: 's', organizationId: 'o', clusterId: 'c', applicationInstanceId: 'a' };
  const ids = { scheduleId: 's', organizationId: 'o', clusterId: 'c', applicationInstanceId: 'a' };
  for (const [reason, type] of [
    ['ScheduleChanged', 'Normal'],
    ['SuspendedByFailures', 'Warning'],
    ['Suspended', 'Normal'],
    ['Resumed', 'Normal'],
  ] as const)
    assert.deepEqual(eventOfSchedule(named, reason, 'Because.', at), { ...ids, type, reason, message: 'Because.', at });
  assert.equal(
    eventOfSchedule(named, 'ScheduleChanged', 'é'.repeat(600), at).message.length,
    511,
    'no more than 1 KiB',
  );
});

test('each field that a request or a protection plan can change is named with what it was and is', () => {
  const suspensions = ['suspend'];
  const changed = Object.keys(ScheduleChange.shape).filter((field) => !suspensions.includes(field));
  for (const field of [...changed, 'at', 'protectionPlanId', 'protectionPlanEntry']) {
    const [before, after] = [{ [field]: 'one' }, { [field]: 'two' }].map((value) => ({ ...hourlySchedule, ...value }));
    assert.equal(changedFields(before as Schedule, after as Schedule), `${field} one → two`);
  }
});

test('what came and went is none, several fields are told together, and times that firing moves on are not', () => {
  const told = (before: Partial<Schedule>, after: Partial<Schedule>) =>
    changedFields({ ...hourlySchedule, ...before }, { ...hourlySchedule, ...after });
  assert.equal(told({ ttl: '720h' }, { spreadSeconds: 60 }), 'spreadSeconds none → 60, ttl 720h → none');
  const template = { parameters: { snapshotVolumes: true } };
  assert.equal(told({}, { template }), 'template {} → {"parameters":{"snapshotVolumes":true}}');
  assert.equal(told({ template }, { template: { parameters: { snapshotVolumes: true } } }), undefined, 'alike');
  const moved = { nextSlotAt: at, nextFireAt: at, accountedUntil: at, updatedAt: at, revision: 2 };
  assert.equal(told({}, { ...moved, suspend: true, suspendReason: 'Night' }), undefined);
});
