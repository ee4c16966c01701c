/** Timers and bounded waits: nothing in this folder waits for a server, a job or a close without a bound. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Rejects when `work` takes longer; whatever `work` does later is ignored. */
export async function withTimeout<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns whether the condition came true before the time was up. */
export async function waitUntil(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() >= end) return false;
    await sleep(10);
  }
  return true;
}

export interface Repeater {
  stop(): void;
}

/** Runs `work` again and again, one run at a time, each after the delay that `next` gives (milliseconds). */
export function repeat(next: () => number, work: () => Promise<void>): Repeater {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    if (stopped) return;
    timer = setTimeout(() => void work().finally(arm), next());
  };
  arm();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Resolves after the time or, sooner, when `signal` aborts; never rejects. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => {});
}
