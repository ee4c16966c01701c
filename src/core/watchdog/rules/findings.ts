/**
 * The invariants that the watchdog checks, and what to do when one is broken. The rest of the service keeps each of them
 * by itself. So a finding means that a part does not run, or that somebody changed the database by hand. `tolerance`
 * leaves the service time to repair by itself.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';

export const findingKinds = [
  'ScheduleOverdue',
  'ScheduleWithoutNextFire',
  'FireWithoutOperation',
  'OperationWithoutEvent',
  'OperationUndelivered',
  'OperationNotStarted',
  'OperationRunningTooLong',
  'DeliveryLeaseExpired',
  'TaskNotSucceeding',
] as const;

export const FindingKind = z.enum(findingKinds).meta({
  id: 'FindingKind',
  description:
    'The invariant that is broken. ScheduleOverdue: a schedule has not fired in time. ScheduleWithoutNextFire: an enabled schedule will never fire. FireWithoutOperation: a fire in the ledger has no Operation. OperationWithoutEvent: an Operation has no history. OperationUndelivered: an Operation is past its deadline for delivery. OperationNotStarted: an Operation is Pending beyond the deadline of its class. OperationRunningTooLong: an Operation is Running beyond the deadline of its class. DeliveryLeaseExpired: nobody has taken over a delivery whose connector is gone.',
});
export type FindingKind = z.infer<typeof FindingKind>;

export const Finding = z
  .object({
    kind: FindingKind,
    resourceType: z.enum(['Schedule', 'Operation', 'Fire']),
    resourceId: Id,
    organizationId: Id,
    since: Instant.describe(
      'Since when the row is in this state, for example since the time of the missed fire or of the delivery.',
    ),
    whatToDo: z.string().describe('The meaning of the finding and what to do, for people.'),
  })
  .meta({ id: 'Finding', description: 'One resource or task that breaks an invariant.' });
export type Finding = z.infer<typeof Finding>;

const FindingCount = z
  .object({ kind: FindingKind, count: z.int().min(0) })
  .meta({ id: 'FindingCount', description: 'How many resources or tasks break this invariant.' });

export const WatchdogReport = z
  .object({
    checkedAt: Instant,
    counts: z.array(FindingCount).describe('One entry for each kind, with 0 for a kind without findings.'),
    findings: z.array(Finding).describe('The oldest findings of each kind, at most 200.'),
  })
  .meta({ id: 'WatchdogReport', description: 'The broken invariants at this moment. Without findings all is well.' });
export type WatchdogReport = z.infer<typeof WatchdogReport>;

/** A row that breaks an invariant, as the store finds it. */
export type BrokenRow = Omit<Finding, 'whatToDo'> & {
  /** How many rows break this invariant. */
  readonly total: number;
  /** Of a Task: the role whose processes run it, and whether any of them lives. */
  readonly role?: string | undefined;
  readonly isRun?: boolean | undefined;
};

/** How long the service has to repair by itself, in seconds. */
export const tolerance = {
  overdueSeconds: 60,
  /** Beyond our own deadlines, which end an Operation within seconds. */
  pastDeadlineSeconds: 60,
  leaseSeconds: 5 * 60,
  /** Fires and Operations are checked for so long after they were made. */
  historySeconds: 24 * 3600,
  /** A task is late when it has not succeeded for five of its periods, and for a minute at least. */
  taskPeriods: 5,
  taskSeconds: 60,
  /** A process that has not reported for so long has gone. */
  reportSeconds: 30,
} as const;

export function lateAfterSeconds(everySeconds: number): number {
  return Math.max(tolerance.taskSeconds, tolerance.taskPeriods * everySeconds);
}

const whatToDo = {
  ScheduleOverdue:
    'No replica fires schedules. Make sure that a replica with the role scheduler runs and reaches the database.',
  ScheduleWithoutNextFire:
    'The schedule is enabled and will never fire. Suspend and resume it: that computes its next slot.',
  FireWithoutOperation:
    'The ledger says that the slot was fired, but there is no Operation. Request a backup now, and find out what removed the Operation.',
  OperationWithoutEvent:
    'The Operation was written without its history. Find out what writes to the database beside the service.',
  OperationUndelivered:
    'The Operation is past its deadline for delivery. Its cluster may have it and cannot be asked: check the cluster (checkCluster). Otherwise make sure that a replica with the role scheduler runs.',
  OperationNotStarted:
    'The Operation is Pending beyond the deadline of its class, which should have ended it. Make sure that a replica with the role scheduler runs.',
  OperationRunningTooLong:
    'The Operation is Running beyond the deadline of its class, which should have ended it. Make sure that a replica with the role scheduler runs.',
  DeliveryLeaseExpired:
    'The connector that delivered the Operation is gone, and nobody has taken over. Make sure that a replica with the role connector runs.',
} as const satisfies Record<FindingKind, string>;

export function reportOf(found: readonly BrokenRow[], checkedAt: string): WatchdogReport {
  return {
    checkedAt,
    counts: findingKinds.map((kind) => ({ kind, count: found.find((each) => each.kind === kind)?.total ?? 0 })),
    findings: found.map((each) => {
      const { total: _total, role: _role, isRun: _isRun, ...finding } = each;
      return { ...finding, whatToDo: adviceFor(each) };
    }),
  };
}

/** The same for a finding in every round. */
export function findingKey({ kind, resourceId }: Finding): string {
  return `${kind} ${resourceId}`;
}
