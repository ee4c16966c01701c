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

/** How long a run of repeated work is waited for. Nothing that is repeated here takes nearly as long. */
const runMs = 10_000;

/**
 * Runs `work` again and again, each time after the delay that `next` gives (milliseconds). One run at a time, but a run
 * that hangs holds up the next one only for so long: `work` bounds its own waits, and this is for the one that does not.
 */
export function repeat(next: () => number, work: () => Promise<void>): Repeater {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    if (stopped) return;
    timer = setTimeout(() => void endsWithin(runMs, work()).finally(arm), next());
  };
  arm();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Whether `work` ended in time, well or not. */
export async function endsWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds).unref();
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after the time or, sooner, when `signal` aborts; never rejects. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => {});
}
