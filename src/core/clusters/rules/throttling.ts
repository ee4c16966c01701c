/**
 * A cluster that asks for a pause: it answers 429 or 503 with Retry-After. The pause holds for the whole cluster. Its
 * end is kept on the cluster's row (`throttledUntil`), so that every replica knows it and a restart forgets nothing:
 *
 *   no pause           the connector delivers what is owed, several calls at a time
 *   during the pause   no delivery of the cluster is claimed, not even a cancel, and no check is due
 *   after the pause    one call goes first; its answer ends the pause, or begins another
 *
 * A pause is at most an hour. A cluster that asks for a few seconds again and again is left alone for up to five.
 *
 * The watch keeps to the Retry-After of its own lists and watches, and the two do not hold each other up: a list costs a
 * server more than an apply, and API servers queue them apart.
 */

import { shifted } from '../../time/rules/slots.ts';
import type { Answered } from './failure.ts';

const maxAskedSeconds = 3600;
const maxBackOffSeconds = 5;

/** For how many seconds the cluster asks for no call at all; `undefined` when it asks for no pause. */
export function askedWaitSeconds(answer: Answered): number | undefined {
  if (answer.kind !== 'Throttled' && answer.kind !== 'ServerError') return undefined;
  // When the cluster has surely done nothing, a webhook answered or failed. That is about this one call.
  return answer.untouched === true ? undefined : answer.retryAfterSeconds;
}

/**
 * How long the pause is after this answer, in seconds; `undefined` for none. `backOff` is how long the call itself would
 * wait after so many attempts.
 */
export function holdSeconds(answer: Answered, backOff: number): number | undefined {
  const asked = askedWaitSeconds(answer);
  if (asked === undefined) return undefined;
  return Math.max(Math.min(asked, maxAskedSeconds), Math.min(backOff, maxBackOffSeconds));
}

/** Whether the answer shows that the cluster takes calls, even if it refused this one. */
export function hasRoom(answer: Answered): boolean {
  if (answer.kind === 'Throttled' || answer.kind === 'ServerError') return answer.untouched === true;
  return answer.kind !== 'Unreachable';
}

/** The pause after an answer: it lasts until then, or there is none. */
export type Room = { readonly throttledUntil: string } | 'HasRoom';

/** `throttledUntil` after an answer: of two pauses the one that ends later. */
export function throttledAfter(known: string | undefined, room: Room | undefined): string | undefined {
  if (room === undefined) return known;
  if (room === 'HasRoom') return undefined;
  return known !== undefined && known > room.throttledUntil ? known : room.throttledUntil;
}

export function throttledFor(seconds: number, now: string): Room {
  return { throttledUntil: shifted(now, seconds) };
}
