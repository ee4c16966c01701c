/**
 * Starts long-running work a few at a time, so that a thousand watches do not connect all at once. A place becomes free
 * when its work has called `started`, has ended, or has had two seconds. So a cluster that does not answer delays few
 * others.
 */

export interface StartLimiter {
  /** Resolves when `work` has ended. If `signal` aborts before its turn, `work` is not started. */
  run(signal: AbortSignal, work: (started: () => void) => Promise<void>): Promise<void>;
}

export function startLimiter({ maxStarting = 50, maxStartMs = 2_000 } = {}): StartLimiter {
  const waiting: (() => void)[] = [];
  let startingCount = 0;
  const turn = () => {
    if (startingCount >= maxStarting) return new Promise<void>((resolve) => waiting.push(resolve));
    startingCount += 1;
    return Promise.resolve();
  };
  /** Gives the place to the one that has waited longest. */
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) startingCount -= 1;
    else next();
  };
  return {
    async run(signal, work) {
      await turn();
      if (signal.aborted) {
        leave();
        return;
      }
      let starting = true;
      const started = () => {
        if (starting) leave();
        starting = false;
      };
      const timer = setTimeout(started, maxStartMs);
      try {
        await work(started);
      } finally {
        clearTimeout(timer);
        started();
      }
    },
  };
}
