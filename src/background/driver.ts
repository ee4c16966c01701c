/**
 * Runs the tasks of this process' roles, names each in its log lines and metrics, and reports every few seconds how they
 * do, for the watchdog. The report is for all tasks of the table: a process that does not run a task still says that
 * there is one, so a task that no process runs is found.
 */
import type { Log } from '../core/kernel/ports.ts';
import type { Task, TaskMetrics, TaskRecord, TaskRole, TaskStanding } from '../core/kernel/task.ts';
import type { Progress } from './progress.ts';
import { endsWithin, startRounds } from './rounds.ts';

export interface Driven<Context extends { readonly log: Log }> {
  /** The whole table. */
  readonly tasks: readonly Task<Context>[];
  readonly roles: readonly TaskRole[];
  /** A task gets it with a log that names the task. */
  readonly context: Context;
  readonly record: TaskRecord;
  readonly metrics: TaskMetrics;
  readonly progress?: Pick<Progress, 'began' | 'ended'> | undefined;
  /** In [0, 1): spreads the starts of several processes. */
  readonly chance: () => number;
  /** Five if not given. */
  readonly reportEverySeconds?: number;
}

export interface Driver {
  /** No further round begins. Resolves when those under way have ended, or after so many seconds without them. */
  stop(withinSeconds: number): Promise<void>;
}

/** The driver's own rounds, by which the record hears of the others. */
const reporting = { name: 'report-tasks', everySeconds: 5, timeoutSeconds: 10 } as const;
const maxStaggerSeconds = 5;

export function startTasks<Context extends { readonly log: Log }>(driven: Driven<Context>): Driver {
  const { tasks, context, metrics, record } = driven;
  const own = tasks.filter(({ role }) => driven.roles.includes(role));
  const succeededAt = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  const stops: (() => void)[] = [];

  const start = (
    task: Pick<Task<never>, 'name' | 'everySeconds' | 'timeoutSeconds'>,
    startAfterSeconds: number,
    run: (log: Log) => Promise<number>,
  ) => {
    const { name } = task;
    const log = taskLog(context.log, name);
    metrics.began(name);
    driven.progress?.began(name);
    const stop = startRounds({
      everySeconds: task.everySeconds,
      timeoutSeconds: task.timeoutSeconds,
      startAfterSeconds,
      log,
      run: () => run(log),
      ended(seconds, outcome) {
        const succeeded = outcome === 'Succeeded';
        metrics.ran(name, seconds, succeeded);
        if (succeeded) succeededAt.set(name, performance.now());
        // A round that hangs has not ended.
        if (outcome !== 'Hung') driven.progress?.ended(name, succeeded);
      },
    });
    stops.push(() =>
      running.set(
        name,
        stop().finally(() => running.delete(name)),
      ),
    );
  };

  const standings = (): readonly TaskStanding[] =>
    tasks.map((task) => {
      const at = succeededAt.get(task.name);
      return {
        name: task.name,
        role: task.role,
        everySeconds: task.everySeconds,
        runsHere: own.includes(task),
        succeededSecondsAgo: at === undefined ? undefined : (performance.now() - at) / 1000,
      };
    });

  for (const [task, startAfterSeconds] of startsOf(own, driven.chance))
    start(task, startAfterSeconds, (log) => task.run({ ...context, log }));
  start({ ...reporting, everySeconds: driven.reportEverySeconds ?? reporting.everySeconds }, 0, async () => {
    await record.report(standings());
    return 0;
  });

  return {
    async stop(withinSeconds) {
      for (const stop of stops) stop();
      if (!(await endsWithin(Promise.all(running.values()), withinSeconds)))
        context.log.warn({ tasks: [...running.keys()] }, 'stopped before the rounds of these tasks had ended');
    },
  };
}

/**
 * When each begins, in seconds. Tasks of a second or less begin at once. The others are spread over their period, each
 * at a random moment in a part of its own, so that neither the tasks of a process nor the processes begin together. The
 * spread ends after five seconds: a service that is restarted each hour has to do what is done each hour all the same.
 */
export function startsOf<T extends Pick<Task<never>, 'everySeconds'>>(
  tasks: readonly T[],
  chance: () => number,
): readonly (readonly [task: T, startAfterSeconds: number])[] {
  const spread = tasks.filter(({ everySeconds }) => everySeconds > 1);
  return tasks.map((task) => {
    const place = spread.indexOf(task);
    if (place === -1) return [task, 0];
    return [task, (Math.min(task.everySeconds, maxStaggerSeconds) * (place + chance())) / spread.length];
  });
}

/** A log that names the task in each of its lines. */
export function taskLog<Name extends string>(log: Log, task: Name): Log {
  return {
    debug: (fields, message) => log.debug({ task, ...fields }, message),
    info: (fields, message) => log.info({ task, ...fields }, message),
    warn: (fields, message) => log.warn({ task, ...fields }, message),
    error: (fields, message) => log.error({ task, ...fields }, message),
  };
}
