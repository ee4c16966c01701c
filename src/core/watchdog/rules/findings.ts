/**
 * What the watchdog reports: the broken invariants that the subjects declare, and what to do about each. `tolerance`
 * leaves the service time to repair by itself.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const Finding = z.object({
  kind: z.string(),
  resourceType: z
    .enum(['Schedule', 'Operation', 'Fire', 'Task', 'Clock', 'ApplicationInstance', 'Cluster', 'BlackoutWindow'])
    .describe(
      'Task: work that the service repeats by itself, for example ending Operations that are past a deadline. Clock: the clock of the database.',
    ),
  resourceId: Id.optional().describe('Absent for a Task and for a Clock, which have a name instead.'),
  organizationId: Id.optional().describe('Absent for a Task and for a Clock, which all organizations share.'),
  name: z
    .string()
    .optional()
    .describe(
      "The name of a Task, as in the service's log and metrics, or of a Clock: database; or the place of what is held in a cluster and has no row here.",
    ),
  since: Instant.describe(
    'Since when the row is in this state, for example since the time of the missed fire or of the delivery.',
  ),
  whatToDo: z.string().describe('The meaning of the finding and what to do, for people.'),
});
export type Finding = z.infer<typeof Finding>;

export interface WatchdogReport {
  readonly checkedAt: string;
  readonly counts: { readonly kind: string; readonly count: number }[];
  readonly findings: Finding[];
}

/** A row that breaks an invariant, as the store finds it. */
export type BrokenRow = Omit<Finding, 'whatToDo'> & {
  /** How many rows break this invariant. */
  readonly total: number;
  /** Of a Task: the role whose processes run it, and whether any of them lives. */
  readonly role?: string | undefined;
  readonly isRun?: boolean | undefined;
  /** What is known of this row, for people. */
  readonly detail?: string | undefined;
};

/** How long the service has to repair by itself, in seconds. */
export const tolerance = {
  overdueSeconds: 60,
  /** Beyond our own deadlines, which end an Operation within seconds. */
  pastDeadlineSeconds: 60,
  /** An operator looks at what is blocked every half minute. */
  blockedSeconds: 120,
  /** What lies further ahead than this was written by a wrong clock. */
  aheadSeconds: 60,
  leaseSeconds: 5 * 60,
  withdrawalSeconds: 3600,
  deletionSeconds: 10 * 60,
  tidyingSeconds: 3600,
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

export function reportOf(declared: FindingRows, found: readonly BrokenRow[], checkedAt: string): WatchdogReport {
  return {
    checkedAt,
    counts: Object.keys(declared).map((kind) => ({
      kind,
      count: found.find((each) => each.kind === kind)?.total ?? 0,
    })),
    findings: found.map((each) => {
      const { total: _total, role: _role, isRun: _isRun, detail: _detail, ...finding } = each;
      return { ...finding, whatToDo: adviceFor(declared, each) };
    }),
  };
}

function adviceFor(declared: FindingRows, { kind, role = '', detail = '', isRun }: BrokenRow): string {
  const row = declared[kind];
  const advice = isRun === true ? row?.whatToDo : (row?.whatToDoUnlessRun ?? row?.whatToDo);
  return (advice ?? '').replace('{role}', role).replace('{detail}', () => detail);
}

/** The same for a finding in every round. */
export function findingKey({ kind, resourceId = '', name = '' }: Finding): string {
  return `${kind} ${resourceId} ${name}`;
}
