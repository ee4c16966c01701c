/**
 * A broken invariant, as the subject that keeps it declares it. The rest of the service keeps each invariant by itself. So
 * a finding means that a part does not run, or that somebody changed the database by hand.
 */
export interface FindingRow {
  /** Any: the row says it. */
  readonly resourceType: 'Schedule' | 'Operation' | 'Fire' | 'Cluster' | 'Task' | 'Clock' | 'Any';
  /** The invariant that is broken, as the end of a sentence that begins with the kind. */
  readonly text: string;
  /**
   * The meaning and what to do, for people. `{role}` is the role whose processes do the work, `{detail}` what is known of
   * this row.
   */
  readonly whatToDo: string;
  /** Of work that no process does. */
  readonly whatToDoUnlessRun?: string;
  /** The version of the API that first had it. */
  readonly since: string;
}
export type FindingRows = Readonly<Record<string, FindingRow>>;

/** The work that subjects declare in their tasks.ts. */
export const taskFindings = {
  TaskNotSucceeding: {
    resourceType: 'Task',
    text: 'a task has not succeeded for five of its periods, and for a minute at least',
    whatToDo: 'Its rounds fail or hang. Look for its name in the logs of the replicas with the role {role}.',
    whatToDoUnlessRun: 'No replica runs it. Make sure that one with the role {role} runs and reaches the database.',
    since: '0.1',
  },
  InvariantNotChecked: {
    resourceType: 'Task',
    text: 'an invariant cannot be looked after, because a row breaks the look',
    whatToDo:
      '{detail} Find the row whose value is out of range, and repair it. The other invariants are looked after.',
    since: '0.1',
  },
} as const satisfies FindingRows;
