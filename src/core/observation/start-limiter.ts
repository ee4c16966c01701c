/**
 * Lets much that is to run for long begin a few at a time: the next begins when one before it says that it has started,
 * has ended, or has taken its time. So a thousand watches do not connect all at once, and mute clusters hold few up.
 */

export interface StartLimiter {
  /** Resolves when `work` has ended; without beginning it if `signal` aborts before its turn. */
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
  /** The place goes to the next one in the line. */
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
