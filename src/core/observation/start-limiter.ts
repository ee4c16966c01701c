/**
 * Lets much that is to run for long begin a few at a time: the next begins when one before it says that it has started,
 * has ended, or has taken its time. So a thousand watches do not connect all at once, and mute clusters hold few up.
 */

export interface StartLine {
  /** Resolves when `work` has ended; without beginning it if `signal` aborts before its turn. */
  enter(signal: AbortSignal, work: (started: () => void) => Promise<void>): Promise<void>;
}

export function startLine({ width = 50, patienceMs = 2_000 } = {}): StartLine {
  const waiting: (() => void)[] = [];
  let startingCount = 0;
  const turn = () => {
    if (startingCount >= width) return new Promise<void>((resolve) => waiting.push(resolve));
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
    async enter(signal, work) {
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
      const timer = setTimeout(started, patienceMs);
      try {
        await work(started);
      } finally {
        clearTimeout(timer);
        started();
      }
    },
  };
}
