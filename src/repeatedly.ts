/** Calls `work` again and again, each time this long after it ended; a failure is logged and does not end it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './core/kernel/ports.ts';

/** Returns what stops it: it resolves when the last call has ended. */
export function repeatedly(pauseMs: number, work: () => Promise<void>, log: Log): () => Promise<void> {
  const stopped = new AbortController();
  let told = '';
  const loop = async () => {
    while (!stopped.signal.aborted) {
      try {
        await work();
        told = '';
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== told) log.error({ err: error }, 'a round failed; it is tried again');
        told = reason;
      }
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const ended = loop();
  return () => {
    stopped.abort();
    return ended;
  };
}
