/** What a change of a schedule sets, keeps and clears, and what its removal tells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { afterRemoval, type Schedule, withChange } from './schedule.ts';

const now = '2026-05-28T10:00:00.000Z';
test('a change sets what it gives, clears what it nulls, and keeps the rest', () => {
  const bounds = { startsAt: now, endsAt: '2027-01-01T00:00:00.000Z', startingDeadlineSeconds: 60, ttl: '24h' };
  const known: Schedule = { ...hourlySchedule, ...bounds, displayName: 'Hourly' };
  const changed = withChange(known, { displayName: 'Often', spreadSeconds: 60 }, now);
  assert.deepEqual(changed, { ...known, displayName: 'Often', spreadSeconds: 60, updatedAt: now });
  const cleared = withChange(known, { startsAt: null, endsAt: null, startingDeadlineSeconds: null, ttl: null }, now);
  assert.deepEqual(cleared, { ...hourlySchedule, displayName: 'Hourly', updatedAt: now });
  assert.equal(withChange(known, { ttl: '48h' }, now).ttl, '48h');
});

test('the cadence follows a new recurrence, unless it is given', () => {
  assert.equal(withChange(hourlySchedule, { schedule: '0 3 * * 0' }, now).cadence, 'weekly');
  assert.equal(withChange(hourlySchedule, { schedule: '0 3 * * 0', cadence: 'custom' }, now).cadence, 'custom');
  assert.equal(withChange({ ...hourlySchedule, cadence: 'custom' }, { timeZone: 'Asia/Tokyo' }, now).cadence, 'custom');
});

test('after a removal it is told what stays, in the right number', () => {
  const told = (copyCount: number, inFlightCount: number) =>
    afterRemoval({ copyCount, inFlightCount, lastCopyExpiresAt: now });
  assert.equal(told(0, 0), 'The schedule fires no more. It has no copies. Its ledger stays.');
  assert.match(told(1, 1), new RegExp(`Its copy stays until ${now}\\. 1 of its Operations goes on\\.`));
  assert.match(told(2, 2), new RegExp(`Its 2 copies stay, .* the last until ${now}\\. 2 of its Operations go on\\.`));
});
