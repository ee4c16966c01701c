/** A time limit that ends with an outer signal, too, and that can be lifted once what it guards has begun. */
import { Unreached } from './unreachable.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** No longer ends by itself; the outer signal still ends it. */
  hold(): void;
  abort(reason: Error): void;
  end(): void;
}

export function deadline(seconds: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new Unreached(`no complete answer within ${seconds} s`)),
    seconds * 1000,
  );
  const abort = () => controller.abort(outer?.reason ?? new Unreached('stopped'));
  if (outer?.aborted === true) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    hold: () => clearTimeout(timer),
    abort: (reason) => controller.abort(reason),
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
