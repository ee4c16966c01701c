/**
 * What a process has opened, closed in the opposite order within a time that all of it shares. A part that waits for a
 * server which has fallen silent is left behind, so it takes neither the others' chance to close nor the process' own end.
 */
import { endsWithin } from './background/rounds.ts';
import type { Log } from './core/kernel/ports.ts';

/** Gets the seconds that it may take. */
type Close = (withinSeconds: number) => Promise<unknown>;

export interface Parts {
  /** For the log. */
  add(name: string, close: Close): void;
  /** Each part may take half of the time that is left; the last one, all of it. Never rejects. */
  close(withinSeconds: number): Promise<void>;
}

export function openedParts(log: Log): Parts {
  const parts: { readonly name: string; readonly close: Close }[] = [];
  return {
    add: (name, close) => void parts.push({ name, close }),
    async close(withinSeconds) {
      const endsAt = performance.now() + withinSeconds * 1000;
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        const leftSeconds = (endsAt - performance.now()) / 1000;
        const seconds = parts.length === 0 ? leftSeconds : leftSeconds / 2;
        const { name } = part;
        const closing = begin(part.close, seconds).catch((error: unknown) =>
          log.error({ part: name, err: error }, 'a part did not close well'),
        );
        if (!(await endsWithin(closing, seconds)))
          log.warn({ part: name, seconds }, 'a part did not close in time: it is left behind');
      }
    },
  };
}

/** What throws at once rejects as well. */
async function begin(close: Close, seconds: number): Promise<unknown> {
  return close(seconds);
}
