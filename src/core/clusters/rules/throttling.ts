/**
 * A cluster that says when to come back. Its word holds for the whole cluster and is kept on its row, so that every
 * replica knows it and a restart forgets nothing:
 *
 *   no word            all that is owed is called, some calls at a time
 *   until then         nothing is called: no apply, no delete, no look
 *   from then on       one call asks; what it is answered takes the word back, or renews it
 *
 * What has a few seconds to wait and is told so again and again waits longer, up to five seconds.
 */

import { shifted } from '../../time/rules/slots.ts';
import type { Answered } from './failure.ts';

const maxToldSeconds = 3600;
const maxOwnSeconds = 5;

/** For how many seconds the cluster asks for no call at all; `undefined` when it does not. */
export function askedWaitSeconds(answer: Answered): number | undefined {
  if (answer.kind !== 'Throttled' && answer.kind !== 'ServerError') return undefined;
  // What the cluster has surely not touched was a webhook's to say, or failed at one: it is about that call.
  return answer.untouched === true ? undefined : answer.retryAfterSeconds;
}

/** For how many seconds nothing is called after this answer; `backOff` is that of the call, by its attempts. */
export function holdSeconds(answer: Answered, backOff: number): number | undefined {
  const told = askedWaitSeconds(answer);
  if (told === undefined) return undefined;
  return Math.max(Math.min(told, maxToldSeconds), Math.min(backOff, maxOwnSeconds));
}

/** Whether the cluster took a call, whatever it made of it. */
export function hasRoom(answer: Answered): boolean {
  if (answer.kind === 'Throttled' || answer.kind === 'ServerError') return answer.untouched === true;
  return answer.kind !== 'Unreachable';
}

/** What was learnt: until when the cluster is to be left alone, or that it has room. */
export type Room = { readonly throttledUntil: string } | 'HasRoom';

/** The column after that: of two words that hold, the later. */
export function throttledAfter(known: string | undefined, room: Room | undefined): string | undefined {
  if (room === undefined) return known;
  if (room === 'HasRoom') return undefined;
  return known !== undefined && known > room.throttledUntil ? known : room.throttledUntil;
}

export function throttledFor(seconds: number, now: string): Room {
  return { throttledUntil: shifted(now, seconds) };
}
