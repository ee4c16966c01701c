/**
 * The time limit of a call. An outer signal ends the call, too, and the limit can be lifted once an answer has begun.
 */
import { UnreachableError } from './unreachable.ts';

export interface CallDeadline {
  readonly signal: AbortSignal;
  /** The time does not end the call any more; the outer signal still does. */
  lift(): void;
  abort(reason: Error): void;
  /** To be called when the call has ended: frees the timer and the outer signal. */
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
