/**
 * Holds a request back that could not be sent in time, because it waited for a connection or because the process was
 * stopped: its sender may have lost the right to it meanwhile. The check comes at the last moment before the first
 * byte, and its clock goes on while the process does not.
 */
import type { Dispatcher } from 'undici';
import { neverSent, UnreachableError } from './unreachable.ts';

/** For `compose`; `until` is by `performance.now()`. */
export function abortUnsentAfter(until: number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    // The handler belongs to this one request, so a change of it concerns no other.
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (performance.now() <= until) return;
      const late = new UnreachableError('the call could not be sent in time');
      neverSent.add(late);
      controller.abort(late);
    };
    return dispatch(options, handler);
  };
}
