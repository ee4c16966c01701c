/** Which recurrences are refused or warned of, each at its bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../../test/support/core/due-schedule-example.ts';
import type { Schedule } from '../schedule.ts';
import { checkRecurrence } from './check-recurrence.ts';

const now = '2026-05-28T10:00:00.000Z';
const check = (change: Partial<Schedule> = {}, minimumIntervalSeconds?: number, ttl = '720h') =>
  checkRecurrence({ ...hourlySchedule, ...change }, ttl, now, minimumIntervalSeconds);
const refused = (change: Partial<Schedule>, pointer: string, minimumIntervalSeconds?: number) =>
  assert.throws(
    () => check(change, minimumIntervalSeconds),
    (error) => {
      assert.ok(error instanceof Error && 'errors' in error);
      assert.deepEqual(
        (error.errors as { pointer: string }[]).map((each) => each.pointer),
        [pointer],
      );
      return true;
    },
  );
const once = { schedule: undefined, at: '2026-05-28T10:00:00.001Z' };

test('the first slot after now is told, of a recurrence and of a single time', () => {
  assert.deepEqual(check(), { first: '2026-05-28T11:00:00.000Z', warnings: [] });
  assert.deepEqual(check(once), { first: once.at, warnings: [] });
});

test('a recurrence that contradicts itself or leaves no slot is refused, and named by its field', () => {
  refused({ at: once.at }, '/schedule');
  refused({ schedule: undefined }, '/schedule');
  refused({ ...once, at: now }, '/at');
  refused({ startsAt: '2026-06-02T00:00:00.000Z', endsAt: '2026-06-01T23:59:59.999Z' }, '/endsAt');
  refused({ endsAt: '2026-05-28T10:59:59.999Z' }, '/endsAt');
  refused({ schedule: '0 0 30 2 *' }, '/schedule');
  const moment = '2026-06-02T00:00:00.000Z';
  assert.equal(check({ startsAt: moment, endsAt: moment }).first, moment);
});

test('a spread may be as long as the time between slots, and no longer', () => {
  assert.deepEqual(check({ spreadSeconds: 3600 }).warnings, []);
  refused({ spreadSeconds: 3601 }, '/spreadSeconds');
  assert.deepEqual(check({ ...once, spreadSeconds: 604_800 }).warnings, []);
});

test("the organization's shortest interval may be reached, and not undercut", () => {
  assert.deepEqual(check({}, 3600).warnings, []);
  refused({}, '/schedule', 3601);
});

test('a deadline beyond the next slot is warned of with Forbid', () => {
  assert.deepEqual(check({ startingDeadlineSeconds: 3600 }).warnings, []);
  assert.match(check({ startingDeadlineSeconds: 3601 }).warnings.join(), /takes the place of a waiting one/);
  for (const concurrencyPolicy of ['Allow', 'Replace'] as const)
    assert.deepEqual(check({ startingDeadlineSeconds: 7200, concurrencyPolicy }).warnings, []);
});
