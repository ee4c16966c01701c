/**
 * Waits for what must come true, looking often, with a bound: a test never sleeps for a fixed time. A bound is the time
 * that the thing takes on a calm machine, in which other tests have their share. A test waits four times as long: what
 * never comes is found, and a busy moment decides nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export const patience = 4;

export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const bound = patience * seconds;
  const deadline = performance.now() + bound * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${bound} s in vain: ${what}`);
    await sleep(20);
  }
}

/** What is under way ends within the bound, whatever comes of it. */
export async function within<T>(what: string, seconds: number, work: Promise<T>): Promise<T> {
  const bound = patience * seconds;
  const ended = new AbortController();
  const late = sleep(bound * 1000, undefined, { ref: false, signal: ended.signal }).then(
    () => Promise.reject(new Error(`not done after ${bound} s: ${what}`)),
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}

/**
 * So many rounds of the event loop: whatever was ready to happen in this process has happened. For what must not come,
 * which no condition can wait for.
 */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
