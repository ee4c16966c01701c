/**
 * Holds a request back that could not be sent in time: because it waited for a connection, or because the process was
 * stopped. Who asked for it may have lost the right to it meanwhile. Asked at the last moment before the first byte, of a
 * clock that goes on while the process does not.
 */
import type { Dispatcher } from 'undici';
import { Unreached, unconnected } from './network.ts';

/** For `compose`; the time counts from now. */
export function sentWithin(seconds: number): Dispatcher.DispatcherComposeInterceptor {
  const until = performance.now() + seconds * 1000;
  return (dispatch) => (options, handler) => {
    // The handler is this one request's: what is changed in it concerns no other.
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      start?.(controller, context);
      if (performance.now() <= until) return;
      const late = new Unreached(`the call could not be sent within ${seconds} s`);
      unconnected.add(late);
      controller.abort(late);
    };
    return dispatch(options, handler);
  };
}
