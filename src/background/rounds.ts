/**
 * The rounds of one task, one after the other: each begins a period after the one before has ended. A failed round is
 * logged, once as long as the next ones fail in the same way, and ends nothing.
 *
 * A round that hangs. After `timeoutSeconds` it has failed, even if it ends well later. The next round still waits for
 * it: most slow rounds end, and a second one beside them would only make the database slower. After three times its
 * time the round is given up. It is no longer waited for, its end changes nothing here, and the next round begins after
 * the usual pause. So no promise that never settles ends a task, and at most one round in three time-outs is left
 * behind. A round that comes back to life then runs beside a newer one, as rounds of two processes always may (Task.run).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/kernel/ports.ts';
import type { Task } from '../core/kernel/task.ts';

export interface Rounds extends Pick<Task<never>, 'everySeconds' | 'timeoutSeconds'> {
  readonly run: () => Promise<number>;
  readonly startAfterSeconds: number;
  /** Names the task in each line. */
  readonly log: Log;
  /** A round has ended, or its time has: once for each. */
  readonly ended: (seconds: number, outcome: RoundOutcome) => void;
}

/** `Hung`: its time has ended before the round has. */
export type RoundOutcome = 'Succeeded' | 'Failed' | 'Hung';

const givenUpAfter = 3;

/** Returns what stops them: no further round begins, and it resolves when the one under way has ended. */
export function startRounds(rounds: Rounds): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  const outcomes = outcomeLog(rounds.log);

  const round = async (): Promise<void> => {
    const beganAt = performance.now();
    let isDecided = false;
    const decide = (tell: (seconds: number) => void, outcome: RoundOutcome) => {
      if (isDecided) return;
      isDecided = true;
      const seconds = (performance.now() - beganAt) / 1000;
      rounds.ended(seconds, outcome);
      tell(seconds);
    };
    const running = begin(rounds.run).then(
      (count) => decide((seconds) => outcomes.succeeded(count, seconds), 'Succeeded'),
      (error: unknown) => decide(() => outcomes.failed(error), 'Failed'),
    );
    if (await endsWithin(running, rounds.timeoutSeconds, signal)) return;
    decide(() => outcomes.failed(new Error(`The round was not done after ${rounds.timeoutSeconds} s.`)), 'Hung');
    if (await endsWithin(running, (givenUpAfter - 1) * rounds.timeoutSeconds, signal)) return;
    outcomes.gaveUp();
  };

  const loop = async (): Promise<void> => {
    if (rounds.startAfterSeconds > 0) await pause(rounds.startAfterSeconds);
    while (!signal.aborted) {
      await round();
      await pause(rounds.everySeconds);
    }
  };
  const ended = loop();
  return () => {
    stopping.abort();
    return ended;
  };
}

/** What throws at once rejects as well. */
async function begin(run: () => Promise<number>): Promise<number> {
  return run();
}

/** False when the time is up. Once `stopping` is aborted the end is waited for, however long it takes. */
export function endsWithin(running: Promise<unknown>, seconds: number, stopping?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(false), seconds * 1000);
    const waitOn = () => clearTimeout(timer);
    const settle = (ended: boolean) => {
      clearTimeout(timer);
      stopping?.removeEventListener('abort', waitOn);
      resolve(ended);
    };
    stopping?.addEventListener('abort', waitOn, { once: true });
    if (stopping?.aborted) waitOn();
    void running.finally(() => settle(true)).catch(() => undefined);
  });
}

/** One line for a streak of the same failures, one for the end of a streak. */
function outcomeLog(log: Log) {
  let failing: string | undefined;
  let hangs = false;
  return {
    succeeded(count: number, seconds: number) {
      if (failing !== undefined) log.info({}, 'rounds succeed again');
      if (count > 0) log.debug({ count, seconds }, 'a round is done');
      failing = undefined;
      hangs = false;
    },
    failed(error: unknown) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== failing) log.error({ err: error }, 'a round failed; it is tried again');
      failing = reason;
    },
    gaveUp() {
      if (!hangs) log.error({}, 'a round hangs and is given up; the next one begins beside it');
      hangs = true;
    },
  };
}
