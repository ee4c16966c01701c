/**
 * Holds a request back that could not be sent in time: because it waited for a connection, or because the process was
 * stopped. Who asked for it may have lost the right to it meanwhile. Asked at the last moment before the first byte, of a
 * clock that goes on while the process does not.
 */
import type { Dispatcher } from 'undici';
import { neverSent, UnreachableError } from './unreachable.ts';

/** For `compose`; `until` is by `performance.now()`. */
export function abortUnsentAfter(until: number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    // The handler is this one request's: what is changed in it concerns no other.
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
