/** Whether this process serves requests, and whether its roles do their work: from what it asks, and what it has noted. */
import type { Progress } from './background/progress.ts';
import type { TaskRole } from './core/kernel/task.ts';
import type { ClockVerdict } from './core/time/rules/clock-doubt.ts';
import { idleness, mainWork, muteWork } from './core/watchdog/rules/role-standing.ts';
import type { Readiness } from './http/kit/ports.ts';

export interface ReadinessPorts {
  readonly roles: readonly TaskRole[];
  readonly progress: Progress;
  /** Why the database takes no writes, for people; `undefined` while it does. Rejects when it does not answer. */
  writesFail(): Promise<string | undefined>;
  readonly isQueueConnected: () => boolean;
  /** What is thought of the database's clock. */
  readonly clockVerdict: () => ClockVerdict;
}

export interface Readinesses {
  /** Of serving requests. Without the queue they are served all the same; only deliveries wait. */
  ready(): Promise<readonly Readiness[]>;
  roleReady(role: TaskRole): Promise<readonly Readiness[]> | undefined;
  rolesReady(): Promise<ReadonlyMap<TaskRole, boolean>>;
  muteWork(): string | undefined;
}

/** However many ask, the database is asked once in so long. */
const askedForMs = 1_000;

export function readinessOf({
  roles,
  progress,
  writesFail,
  isQueueConnected,
  clockVerdict,
}: ReadinessPorts): Readinesses {
  const database = shared(askedForMs, async (): Promise<readonly Readiness[]> => {
    try {
      const reason = await writesFail();
      const writes = reason === undefined ? {} : { detail: `${reason} Writes fail; reading goes on.` };
      return [
        { name: 'database', ok: true },
        { name: 'writes', ok: reason === undefined, ...writes },
      ];
    } catch {
      return [{ name: 'database', ok: false, detail: 'The database does not answer.' }];
    }
  });
  const queue = (): Readiness =>
    isQueueConnected()
      ? { name: 'queue', ok: true }
      : { name: 'queue', ok: false, detail: 'The queue does not answer; deliveries wait for it.' };
  const time = (): Readiness => {
    const { kind, message } = clockVerdict();
    return kind === 'Believed'
      ? { name: 'clock', ok: true }
      : { name: 'clock', ok: false, detail: `${kind}: ${message}` };
  };
  const works = (role: TaskRole) => mainWork[role].map((name) => progress.of(name));
  const dispensable = (check: Readiness): Readiness => ({ ...check, isDispensable: true });

  const serving = async () =>
    [...(await database()), queue(), time()].map((check) => (check.name === 'database' ? check : dispensable(check)));

  const working = async (role: TaskRole) => {
    const done = works(role).map((work): Readiness => {
      const detail = idleness(work);
      return { name: work.name, ok: detail === undefined, ...(detail !== undefined && { detail }) };
    });
    // Ticks come without the queue as well.
    const needed = role === 'connector' ? queue() : dispensable(queue());
    // While the clock is doubted nothing fires.
    const doubted = role === 'scheduler' && clockVerdict().kind === 'Doubted' ? time() : dispensable(time());
    return [...(await database()), needed, doubted, ...done];
  };

  const roleReady = (role: TaskRole) => {
    if (!roles.includes(role)) return undefined;
    return role === 'api' ? serving() : working(role);
  };

  return {
    ready: serving,
    roleReady,
    async rolesReady() {
      const ready = new Map<TaskRole, boolean>();
      for (const role of roles) {
        const checks = (await roleReady(role)) ?? [];
        ready.set(
          role,
          checks.every(({ ok, isDispensable }) => ok || isDispensable === true),
        );
      }
      return ready;
    },
    muteWork() {
      const mute = muteWork(roles.flatMap(works));
      return mute && `${mute.name} has neither succeeded nor failed for ${Math.floor(mute.silentSeconds)} s.`;
    },
  };
}

/** Calls that come while one runs, or soon after it began, get its result. `run` must not reject. */
function shared<Result>(milliseconds: number, run: () => Promise<Result>): () => Promise<Result> {
  let latest: { readonly at: number; readonly result: Promise<Result> } | undefined;
  return () => {
    if (latest === undefined || performance.now() - latest.at > milliseconds)
      latest = { at: performance.now(), result: run() };
    return latest.result;
  };
}
