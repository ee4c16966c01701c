/**
 * What must never be, and what to do when it is. Each kind of finding is an invariant that the rest of the service
 * keeps by itself; a finding says that a part does not run, or that somebody changed the database by hand. The limits
 * leave time for what heals by itself.
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

export const FindingKind = z.enum(findingKinds).meta({ id: 'FindingKind', description: 'Which invariant is broken.' });
export type FindingKind = z.infer<typeof FindingKind>;

export const Finding = z
  .object({
    kind: FindingKind,
    resourceType: z
      .enum(['Schedule', 'Operation', 'Fire', 'Task'])
      .describe('Task: work that the service repeats by itself, as ending what is past a deadline.'),
    resourceId: Id.optional().describe('Absent for a Task, which has a name instead.'),
    organizationId: Id.optional().describe('Absent for a Task: tasks work for all organizations.'),
    name: z.string().optional().describe("Of a Task: its name, as in the service's log and metrics."),
    since: Instant.describe('From when on it should have been otherwise.'),
    whatToDo: z.string(),
  })
  .meta({ id: 'Finding', description: 'One resource or task that breaks an invariant.' });
export type Finding = z.infer<typeof Finding>;

const FindingCount = z
  .object({ kind: FindingKind, count: z.int().min(0) })
  .meta({ id: 'FindingCount', description: 'How many resources or tasks break this invariant.' });

export const WatchdogReport = z
  .object({
    checkedAt: Instant,
    counts: z.array(FindingCount).describe('One for each kind, also where there is none.'),
    findings: z.array(Finding).describe('Of each kind the 200 oldest at most.'),
  })
  .meta({ id: 'WatchdogReport', description: 'What the watchdog finds now; no findings when all is well.' });
export type WatchdogReport = z.infer<typeof WatchdogReport>;

/** A finding as it is read. */
export type BrokenRow = Omit<Finding, 'whatToDo'> & {
  /** How many there are of this kind. */
  readonly total: number;
  /** Of a Task: the role whose processes run it, and whether any of them lives. */
  readonly role?: string | undefined;
  readonly isRun?: boolean | undefined;
};

/** How long what heals by itself is waited for, in seconds. */
export const tolerance = {
  overdueSeconds: 60,
  /** Beyond our own deadlines, which end an Operation within seconds. */
  pastDeadlineSeconds: 60,
  leaseSeconds: 5 * 60,
  /** Fires and Operations are looked at for so long after they were made. */
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
  TaskNotSucceeding: ({ role, isRun }) =>
    isRun === true
      ? `Its rounds fail or hang: look for its name in the logs of the replicas with the role ${role}.`
      : `No replica runs it: see that one with the role ${role} runs and reaches the database.`,
} as const satisfies Record<FindingKind, string | ((found: BrokenRow) => string)>;

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

function adviceFor(found: BrokenRow): string {
  const advice = whatToDo[found.kind];
  return typeof advice === 'string' ? advice : advice(found);
}

/** What tells findings apart, from one look to the next. */
export function findingKey({ kind, resourceId, name }: Finding): string {
  return `${kind} ${resourceId ?? name}`;
}
