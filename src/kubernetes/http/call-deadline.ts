/** A time limit that ends with an outer signal, too, and that can be lifted once what it guards has begun. */
import { UnreachableError } from './unreachable.ts';

export interface CallDeadline {
  readonly signal: AbortSignal;
  /** No longer ends by itself; the outer signal still ends it. */
  lift(): void;
  abort(reason: Error): void;
  clear(): void;
}

export function callDeadline(seconds: number, outer: AbortSignal | undefined): CallDeadline {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new UnreachableError(`no complete answer within ${seconds} s`)),
    seconds * 1000,
  );
  const abort = () => controller.abort(outer?.reason ?? new UnreachableError('stopped'));
  if (outer?.aborted === true) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    lift: () => clearTimeout(timer),
    abort: (reason) => controller.abort(reason),
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
