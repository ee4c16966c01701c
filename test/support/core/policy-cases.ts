/** What becomes of slots, case by case: how late it is × the schedule's own policies. */
import type { DueSchedule, Surroundings } from '../../../src/core/scheduling/rules/firing/due-schedule.ts';
import { maxCatchUp } from '../../../src/core/scheduling/rules/firing/missed-fires.ts';

export const onTime = '2026-05-28T02:00:00.200Z';
const threeDaysLater = '2026-05-31T02:30:00.000Z';

export interface PolicyCase {
  readonly name: string;
  readonly schedule?: Partial<DueSchedule>;
  readonly around?: Partial<Surroundings>;
  readonly now?: string;
  /** outcome/reason×count of each row, oldest first. */
  readonly ledger: readonly string[];
  readonly operations: number;
  readonly next?: string;
}

export const ownPolicies: readonly PolicyCase[] = [
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
];
