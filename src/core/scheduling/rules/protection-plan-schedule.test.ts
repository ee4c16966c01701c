/** What a person may change of a schedule that follows a protection plan, and what only the plan changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import { refuseRemovalUnderProtectionPlan, refuseWhatProtectionPlanDecides } from './protection-plan-schedule.ts';
import type { ScheduleChange } from './schedule.ts';

const at = '2026-05-28T10:00:00.000Z';
const planned = { ...hourlySchedule, ttl: '24h', protectionPlanId: 'plan-1', protectionPlanEntry: 'often' };
const decided: readonly ScheduleChange[] = [
  ...[{ schedule: '0 2 * * *' }, { timeZone: 'Asia/Tokyo' }, { startsAt: at }, { endsAt: at }],
  ...[{ spreadSeconds: 60 }, { cadence: 'custom' as const }, { ttl: '48h' }, { ttl: null }],
];
const free: readonly ScheduleChange[] = [
  ...[{ suspend: true }, { displayName: 'Often' }, { concurrencyPolicy: 'Allow' as const }, { template: {} }],
  ...[{ missedFires: 'All' as const }, { startingDeadlineSeconds: 60 }, { startingDeadlineSeconds: null }],
  { failurePolicy: { action: 'Alert', after: 3 } },
];

test('recurrence, cadence and ttl are refused by their field, with the plan and the entry that set them', () => {
  for (const change of decided) {
    const [field] = Object.keys(change);
    assert.throws(
      () => refuseWhatProtectionPlanDecides(planned, change),
      (error) => {
        assert.ok(error instanceof Refusal);
        assert.deepEqual([error.code, error.errors[0]?.pointer], ['rule-violated', `/${field}`]);
        assert.match(error.message, /is set by the protection plan plan-1 \(entry often\)/);
        return true;
      },
    );
    assert.doesNotThrow(() => refuseWhatProtectionPlanDecides(hourlySchedule, change), 'of a schedule by hand');
  }
});

test('all else is free, and so is what the plan says already', () => {
  for (const change of free) assert.doesNotThrow(() => refuseWhatProtectionPlanDecides(planned, change));
  const { schedule, timeZone, cadence, ttl } = planned;
  const same = { schedule, timeZone, cadence, ttl, startsAt: null, endsAt: null };
  assert.doesNotThrow(() => refuseWhatProtectionPlanDecides(planned, same));
  assert.throws(() => refuseWhatProtectionPlanDecides(planned, { ...same, ttl: '25h' }), /is set by/);
});

test('its schedule is not removed while the plan is applied', () => {
  assert.doesNotThrow(() => refuseRemovalUnderProtectionPlan(hourlySchedule));
  assert.throws(
    () => refuseRemovalUnderProtectionPlan(planned),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.match(error.message, /belongs to the protection plan plan-1 \(entry often\)/);
      return error.code === 'in-use';
    },
  );
});
