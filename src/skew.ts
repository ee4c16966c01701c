/** Whether this machine's clock agrees with the database's, which rules go by. What differs by more than 2 s is told. */
import type { Clock, Log } from './core/kernel/ports.ts';
import type { Task } from './core/kernel/task.ts';

const toldFromMs = 2_000;

/** Compares, and returns how far this machine is ahead, in milliseconds; the time of asking counts half. */
export async function tellSkew(clock: Clock, log: Log, here: () => number = Date.now): Promise<number> {
  const before = here();
  const there = Date.parse(await clock.now());
  const skewMs = Math.round((before + here()) / 2 - there);
  if (Math.abs(skewMs) > toldFromMs) {
    log.warn(
      { skewMs },
      "this machine's clock and the database's differ: ticks come early or late by as much; mend the time service",
    );
  }
  return skewMs;
}

interface SkewPorts {
  /** The real one, also where rules go by another. */
  readonly databaseClock: Clock;
  /** How many milliseconds this machine's clock is ahead of the database's. */
  readonly skewed: (milliseconds: number) => void;
  readonly log: Log;
}

export const skewTasks = [
  {
    name: 'compare-clocks',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 10,
    async run({ databaseClock, skewed, log }) {
      skewed(await tellSkew(databaseClock, log));
      return 1;
    },
  },
] as const satisfies readonly Task<SkewPorts>[];
