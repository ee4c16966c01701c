/**
 * A start waits for its database, as long as it takes: platforms start a service and its database in any order, and a
 * process that ends instead is started again later and later. Meanwhile it answers probes: alive, and not ready. What
 * waiting does not mend (a wrong password, a database that is not there, a migration that fails) ends the start at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './core/kernel/ports.ts';
import { isAway } from './postgres/kit/away.ts';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

export interface Waiting {
  readonly log: Log;
  /** Called once, before the first pause; its result is closed when the waiting ends, however it does. */
  readonly meanwhile: () => Promise<{ close(): Promise<void> }>;
}

export async function awaitDatabase<Opened>(open: () => Promise<Opened>, waiting: Waiting): Promise<Opened> {
  const beganAt = performance.now();
  let meanwhile: { close(): Promise<void> } | undefined;
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        const opened = await open();
        if (meanwhile !== undefined) waiting.log.info({}, 'the database is there');
        return opened;
      } catch (error) {
        if (!isAway(error)) throw error;
        const reason = reasonOf(error);
        const waitedSeconds = Math.round((performance.now() - beganAt) / 1000);
        waiting.log.warn({ reason, waitedSeconds }, 'the database cannot be reached: the start waits for it');
      }
      meanwhile ??= await waiting.meanwhile();
      await sleep(pauseMs);
    }
  } finally {
    await meanwhile?.close();
  }
}

/** An address that has several (localhost) fails with an error that has no message of its own. */
function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}
