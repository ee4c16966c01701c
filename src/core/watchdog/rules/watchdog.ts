/**
 * What must never be, and what to do when it is. Each kind of finding is an invariant that the rest of the service
 * keeps by itself; a finding says that a part does not run, or that somebody changed the database by hand. The limits
 * leave time for what heals by itself.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/shapes.ts';

export const findingKinds = [
  'ScheduleOverdue',
  'ScheduleWithoutNextFire',
  'FireWithoutOperation',
  'OperationWithoutEvent',
  'OperationUndelivered',
  'OperationNotStarted',
  'OperationRunningTooLong',
  'DeliveryLeaseExpired',
] as const;

export const FindingKind = z.enum(findingKinds).meta({ id: 'FindingKind', description: 'Which invariant is broken.' });
export type FindingKind = z.infer<typeof FindingKind>;

export const Finding = z
  .object({
    kind: FindingKind,
    resourceType: z.enum(['Schedule', 'Operation', 'Fire']),
    resourceId: Id,
    organizationId: Id,
    since: Instant.describe('From when on it should have been otherwise.'),
    whatToDo: z.string(),
  })
  .meta({ id: 'Finding', description: 'One row that breaks an invariant.' });
export type Finding = z.infer<typeof Finding>;

const FindingCount = z
  .object({ kind: FindingKind, count: z.int().min(0) })
  .meta({ id: 'FindingCount', description: 'How many rows break this invariant.' });

export const WatchdogReport = z
  .object({
    checkedAt: Instant,
    counts: z.array(FindingCount).describe('One for each kind, also where there is none.'),
    findings: z.array(Finding).describe('Of each kind the 200 oldest at most.'),
  })
  .meta({ id: 'WatchdogReport', description: 'What the watchdog finds now; no findings when all is well.' });
export type WatchdogReport = z.infer<typeof WatchdogReport>;

/** A finding as it is read. */
export type Found = Omit<Finding, 'whatToDo'> & {
  /** How many there are of this kind. */
  readonly total: number;
};

/** How long what heals by itself is waited for, in seconds. */
export const patience = {
  overdueSeconds: 60,
  /** Beyond our own deadlines, which end an Operation within seconds. */
  pastDeadlineSeconds: 60,
  leaseSeconds: 5 * 60,
  /** Fires and Operations are looked at for so long after they were made. */
  historySeconds: 24 * 3600,
} as const;

const whatToDo = {
  ScheduleOverdue: 'No replica fires schedules: see that one with the role scheduler runs and reaches the database.',
  ScheduleWithoutNextFire:
    'It is enabled and will never fire: suspend and resume it, which computes its next slot anew.',
  FireWithoutOperation:
    'The ledger says that the slot was fired, and there is no Operation: ask for a backup now, and look for what removed it.',
  OperationWithoutEvent: 'It was written without its history: look for what wrote to the database beside the service.',
  OperationUndelivered:
    'It is past its deadline for delivery. Its cluster may have it and cannot be asked: check the cluster (checkCluster). Else see that a replica with the role scheduler runs.',
  OperationNotStarted:
    "It is Pending beyond its class's deadline, which should have ended it: see that a replica with the role scheduler runs.",
  OperationRunningTooLong:
    "It is Running beyond its class's deadline, which should have ended it: see that a replica with the role scheduler runs.",
  DeliveryLeaseExpired:
    'Who delivered it has gone and nobody has taken over: see that a replica with the role connector runs.',
} as const satisfies Record<FindingKind, string>;

export function reportOf(found: readonly Found[], checkedAt: string): WatchdogReport {
  return {
    checkedAt,
    counts: findingKinds.map((kind) => ({ kind, count: found.find((each) => each.kind === kind)?.total ?? 0 })),
    findings: found.map(({ total: _, ...finding }) => ({ ...finding, whatToDo: whatToDo[finding.kind] })),
  };
}

/** What tells findings apart, from one look to the next. */
export function findingKey({ kind, resourceId }: Finding): string {
  return `${kind} ${resourceId}`;
}
