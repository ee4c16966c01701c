/** An application whose protection is judged: with a daily schedule that has brought its last copy, and a monthly one. */
import { memoizedNextTwo } from '../../../src/core/protection/rules/expected-copies.ts';
import type { FiringSchedule, ProtectionFacts } from '../../../src/core/protection/rules/protection.ts';
import { memoizedPeriod } from '../../../src/core/protection/rules/protection-target.ts';

export const slots = { periodOf: memoizedPeriod(), nextTwo: memoizedNextTwo() };
export const day = (hours: number) =>
  new Date(Date.parse('2026-05-28T00:00:00.000Z') + hours * 3_600_000).toISOString();
const id = '01a1fc2c-56c4-7482-a9b6-392998819805';
export const nothing: ProtectionFacts = {
  applicationInstanceId: id,
  organizationId: id,
  clusterId: id,
  applicationClassId: id,
  namespace: 'org-myteam',
  name: 'nextcloud-myteam',
  createdAt: day(-1000),
  schedules: [],
  itemCounts: [],
};
export const copyAt = (hours: number, ttlHours = 720) => ({
  operationId: `copy at ${hours}`,
  startedAt: day(hours),
  finishedAt: day(hours + 0.1),
  expiresAt: day(hours + ttlHours),
});
const made = { timeZone: 'Etc/UTC', suspend: false, createdAt: day(-100), updatedAt: day(-100) };
/** It has brought the last copy. */
export const daily: FiringSchedule = {
  ...{ ...made, id: 'daily', name: 'nightly', cadence: 'daily', schedule: '0 2 * * *', nextFireAt: day(26) },
  lastGood: copyAt(2),
};
/** A daily copy at two in the night, and a look at noon. */
export const well: ProtectionFacts = {
  ...nothing,
  schedules: [daily],
  lastGood: copyAt(2),
  restorableUntil: day(722),
  lastEnded: { operationId: 'copy at 2', outcome: 'Good' },
};
export const monthly: FiringSchedule = {
  ...{
    ...made,
    id: 'monthly',
    name: 'archive',
    cadence: 'monthly',
    schedule: '0 3 1 * *',
    nextFireAt: day(24 * 4 + 3),
  },
};
export const failed = { operationId: 'later', outcome: 'Failed' } as const;
