/**
 * One watch request, from a resourceVersion on, until it ends. The result says where to go on and why it ended; the
 * caller decides about waiting. A watch that has gone silent is cut, and one that outlives its timeout is left.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { ClusterClient, ResponseStream } from '../http/client.ts';
import { failureOf, streamFailureOf } from '../http/failures.ts';
import { jsonOf } from '../http/json.ts';
import { linesOf, noticingSilence } from '../http/lines.ts';
import { UnreachableError, unreachable } from '../http/unreachable.ts';
import { randomBetween } from '../timers.ts';
import { HandOverFailed } from './batch.ts';
import { eventOf, type Identified, pathOf } from './resource.ts';
import type { WatchScope } from './watch-scope.ts';

const maxEventBytes = 4 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
const errorSeconds = 5;
/** A watch that ends sooner than this without an event has failed: going on at once would be a busy loop. */
const leastSeconds = 1;
const graceSeconds = 60;

export type WatchEnd =
  /** The cluster ended it, by its timeout or `early`: go on from `version` at once. */
  | { readonly kind: 'Ended'; readonly version: string; readonly early: boolean }
  /** Cut, silent, garbled, or never begun for a passing reason: go on from `version` after a wait. */
  | {
      readonly kind: 'Dropped';
      readonly version: string;
      readonly failure: ClusterFailure;
      readonly begun: boolean;
      readonly silent: boolean;
    }
  /** The version is too old, or the cluster refuses: only a list helps. */
  | { readonly kind: 'Expired' }
  | { readonly kind: 'Refused'; readonly failure: ClusterFailure };

export interface WatchReader<Observed> {
  /** The cluster has begun the watch. */
  begun(): Promise<void>;
  /** When it rejects, the watch ends, and `watchOnce` rejects with the same. */
  take(observation: Observed): Promise<void>;
}

/** For at most `longestSeconds`, rounded up. */
export async function watchOnce<Observed extends Identified>(
  { kind, namespace, client, timings }: WatchScope<Observed>,
  from: string,
  longestSeconds: number,
  reader: WatchReader<Observed>,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const seconds = Math.max(Math.ceil(Math.min(randomBetween(timings.watchSeconds), longestSeconds)), 1);
  const path = pathOf(kind, namespace, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(seconds),
  });
  const opened = await open(client, path, signal);
  if (opened.kind === 'Dropped') return { ...opened, version: from, begun: false, silent: false };
  if (opened.kind !== 'Opened') return opened;
  const { stream } = opened;
  const beganAt = performance.now();
  const lasted = () => (performance.now() - beganAt) / 1000;
  let version = from;
  let heard = false;
  let silent = false;
  const silence = () => {
    silent = true;
    stream.cut(new UnreachableError(`nothing was heard from the watch for ${timings.silentSeconds} s`));
  };
  const dropped = (failure: ClusterFailure): WatchEnd => ({ kind: 'Dropped', version, failure, begun: true, silent });
  try {
    await reader.begun();
    for await (const line of linesOf(noticingSilence(stream.chunks, timings.silentSeconds, silence), maxEventBytes)) {
      const event = eventOf(kind, jsonOf(line));
      if (event === undefined)
        return dropped({ kind: 'ServerError', message: 'The watch sent something that is not an event.' });
      if (event.kind === 'Error') {
        const { expired, ...failure } = streamFailureOf(event.object);
        return expired ? { kind: 'Expired' } : endOf(failure, dropped);
      }
      if (event.kind === 'Seen') await reader.take(event.observation);
      version = event.version;
      heard = true;
      if (lasted() > seconds + graceSeconds) return { kind: 'Ended', version, early: false };
    }
  } catch (error) {
    if (error instanceof HandOverFailed) throw error;
    return dropped(unreachable(error));
  }
  return !heard && lasted() < leastSeconds
    ? dropped({ kind: 'ServerError', message: 'The cluster ends the watch as soon as it begins.' })
    : { kind: 'Ended', version, early: lasted() < seconds - leastSeconds };
}

type Opened =
  | { readonly kind: 'Opened'; readonly stream: ResponseStream }
  | { readonly kind: 'Dropped'; readonly failure: ClusterFailure }
  | Extract<WatchEnd, { kind: 'Expired' | 'Refused' }>;

async function open(client: ClusterClient, path: string, signal: AbortSignal): Promise<Opened> {
  try {
    const stream = await client.stream({ method: 'GET', path }, signal);
    if (stream.answer.status === 200) return { kind: 'Opened', stream };
    const text = await errorTextOf(stream);
    if (stream.answer.status === 410) return { kind: 'Expired' };
    return endOf(failureOf({ ...stream.answer, text }, Date.now()), (failure) => ({ kind: 'Dropped', failure }));
  } catch (error) {
    return { kind: 'Dropped', failure: unreachable(error) };
  }
}

/**
 * A refusal is the cluster's decision: the next try begins with a list, after a longer wait. Any other failure passes.
 */
function endOf<End>(
  failure: ClusterFailure,
  dropped: (failure: ClusterFailure) => End,
): End | Extract<WatchEnd, { kind: 'Refused' }> {
  return failure.kind === 'Refused' || failure.kind === 'CredentialsRejected'
    ? { kind: 'Refused', failure }
    : dropped(failure);
}

async function errorTextOf(stream: ResponseStream): Promise<string> {
  const timer = setTimeout(() => stream.cut(new UnreachableError('the answer stopped half way')), errorSeconds * 1000);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stream.chunks) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > maxErrorBytes) break;
    }
  } finally {
    clearTimeout(timer);
  }
  return text;
}
