/**
 * A task: a piece of work that the service does by itself, again and again. Each subject declares its own in its
 * tasks.ts, src/tasks.ts puts them in one table, and the driver (src/background) runs those of the roles of a process.
 */

export type TaskRole = 'api' | 'scheduler' | 'connector';

export interface Task<Context> {
  /** Names the task in the log, in metrics and in findings of the watchdog. Unique, and the same in every version. */
  readonly name: string;
  /** Every process with this role runs it. */
  readonly role: TaskRole;
  /** The period: from the end of a round to the start of the next. */
  readonly everySeconds: number;
  /** A round that takes longer has failed. */
  readonly timeoutSeconds: number;
  /** It ends, tells or forgets what is old enough: it rests while the database's clock is doubted. */
  readonly dependsOnTime?: boolean;
  /**
   * One round. It takes no input and looks for its work itself; it says how many things it has handled. It must be safe
   * beside another round: other processes run the same task, and this one starts a round beside one that it gave up.
   */
  readonly run: (context: Context) => Promise<number>;
}

/** How a task does, as one process knows it. */
export interface TaskStanding extends Pick<Task<never>, 'name' | 'role' | 'everySeconds'> {
  /** Whether this process runs it. */
  readonly runsHere: boolean;
  /** How long ago a round succeeded here, by this process' own clock. */
  readonly succeededSecondsAgo?: number | undefined;
}

/** How tasks do in all processes together: what the watchdog of any process goes by. */
export interface TaskRecord {
  /** Records the standings in one statement, and forgets tasks that no process has had for a day. */
  report(standings: readonly TaskStanding[]): Promise<void>;
}

/** How the rounds of this process do. */
export interface TaskMetrics {
  /** The task is run here: its series begin. */
  began(task: string): void;
  /** A round has ended, or its time has. */
  ran(task: string, seconds: number, succeeded: boolean): void;
}
