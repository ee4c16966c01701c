/** Which recurrences are refused or warned of, each at its bound; and what a change sets, keeps and clears. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { afterRemoval, checkRecurrence, type Schedule, withChange } from './schedule.ts';

const now = '2026-05-28T10:00:00.000Z';
const { id, organizationId, clusterId, applicationInstanceId, name, schedule: hourly, timeZone } = dueSchedule;
const base: Schedule = {
  ...{ id, organizationId, clusterId, applicationInstanceId, name, schedule: hourly, timeZone },
  ...{ concurrencyPolicy: 'Forbid', missedFires: 'Latest', suspend: false, cadence: 'hourly', template: {} },
  ...{ createdAt: now, updatedAt: '2026-05-01T00:00:00.000Z', revision: 1 },
};
const check = (change: Partial<Schedule> = {}, minimumIntervalSeconds?: number) =>
  checkRecurrence({ ...base, ...change }, now, minimumIntervalSeconds);
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

test('a deadline beyond the next slot is warned of with Forbid; so is a copy that ends before the next one', () => {
  assert.deepEqual(check({ startingDeadlineSeconds: 3600 }).warnings, []);
  assert.match(check({ startingDeadlineSeconds: 3601 }).warnings.join(), /takes the place of a waiting one/);
  for (const concurrencyPolicy of ['Allow', 'Replace'] as const)
    assert.deepEqual(check({ startingDeadlineSeconds: 7200, concurrencyPolicy }).warnings, []);
  assert.deepEqual(check({ ttl: '24h', schedule: '0 2 * * *' }).warnings, []);
  assert.match(check({ ttl: '23h', schedule: '0 2 * * *' }).warnings.join(), /times without any copy/);
});

test('a change sets what it gives, clears what it nulls, and keeps the rest', () => {
  const bounds = { startsAt: now, endsAt: '2027-01-01T00:00:00.000Z', startingDeadlineSeconds: 60, ttl: '24h' };
  const known: Schedule = { ...base, ...bounds, displayName: 'Hourly' };
  const changed = withChange(known, { displayName: 'Often', spreadSeconds: 60 }, now);
  assert.deepEqual(changed, { ...known, displayName: 'Often', spreadSeconds: 60, updatedAt: now });
  const cleared = withChange(known, { startsAt: null, endsAt: null, startingDeadlineSeconds: null, ttl: null }, now);
  assert.deepEqual(cleared, { ...base, displayName: 'Hourly', updatedAt: now });
  assert.equal(withChange(known, { ttl: '48h' }, now).ttl, '48h');
});

test('the cadence follows a new recurrence, unless it is given', () => {
  assert.equal(withChange(base, { schedule: '0 3 * * 0' }, now).cadence, 'weekly');
  assert.equal(withChange(base, { schedule: '0 3 * * 0', cadence: 'custom' }, now).cadence, 'custom');
  assert.equal(withChange({ ...base, cadence: 'custom' }, { timeZone: 'Asia/Tokyo' }, now).cadence, 'custom');
});

test('after a removal it is told what stays, in the right number', () => {
  const told = (copyCount: number, inFlightCount: number) =>
    afterRemoval({ copyCount, inFlightCount, lastCopyExpiresAt: now });
  assert.equal(told(0, 0), 'The schedule fires no more. It has no copies. Its ledger stays.');
  assert.match(told(1, 1), new RegExp(`Its copy stays until ${now}\\. 1 of its Operations goes on\\.`));
  assert.match(told(2, 2), new RegExp(`Its 2 copies stay, .* the last until ${now}\\. 2 of its Operations go on\\.`));
});
