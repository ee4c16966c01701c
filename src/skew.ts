/** Whether this machine's clock agrees with the database's, which rules go by. What differs by more than 2 s is told. */
import type { Clock, Log } from './core/kernel/ports.ts';

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
