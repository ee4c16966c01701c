/**
 * Lists and watches one scope for as long as it is wanted: a list, a watch from the list's version on, and back to
 * whichever of the two can go on.
 *
 *   no version known          list → all of it handed over → `listed` → a version
 *   version known             watch from it
 *     ended by its timeout    watch on from the last version; about once an hour, list
 *     ended before            watch on from the last version, for seconds; then list
 *     cut, silent, garbled    wait, watch on from the last version, for seconds; then list
 *     expired (410), refused  wait, list
 *     no stream to spare      wait about ten seconds, list
 *   recording failed          wait, list: what was not recorded is observed again
 *
 * Bookmarks are no promise. An API server has none to send for a kind that nobody changes while its etcd reports no
 * progress, which may take ten minutes. So after a silence every watch is asked to end before it would count as silent,
 * and one that ends by its timeout is well.
 *
 * An API server restored from an older etcd backup sends nothing to a watch that starts at a resourceVersion it has not
 * reached yet, and never reports the objects that the restore removed. So a list follows within 20 s whenever a watch
 * did not end by its own timeout.
 *
 * Waits grow from 0.8 s to 20 s and start over after two healthy minutes. A watch that begins again at the first try is
 * not reported; one that does not is reported as failed.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { pause, randomBetween } from '../timers.ts';
import { type BackOff, backOffOf } from './back-off.ts';
import { type Batch, batchTo } from './batch.ts';
import { listAll } from './list.ts';
import type { Identified } from './resource.ts';
import { watchOnce } from './watch-once.ts';
import type { WatchReceivers, WatchScope } from './watch-scope.ts';

type Watch<Observed extends Identified> = WatchScope<Observed> & WatchReceivers<Observed>;

/** How to go on: from a version or, when there is none, with a list. */
interface Next {
  readonly version: string | undefined;
  readonly wait: boolean;
  readonly failure?: ClusterFailure;
  readonly reportsFailure?: boolean;
  /** The watch did not end by its own timeout: the cluster may have been restored to an older state meanwhile. */
  readonly broken?: boolean;
  readonly silent?: boolean;
}

/**
 * How long a watch is asked for where there may be no bookmarks, as a share of the time after which it counts as
 * silent.
 */
const shareOfSilence = 0.8;

/**
 * Never rejects. Returns soon after `signal` aborts, and calls no receiver afterwards. The watch of a whole cluster
 * also ends when the cluster forbids it, with the refusal, and so does an optional one; a namespace is tried again.
 */
export async function listAndWatch<Observed extends Identified>(
  watch: Watch<Observed>,
  signal: AbortSignal,
): Promise<ClusterFailure | undefined> {
  const backOff = backOffOf(watch.timings);
  while (!signal.aborted) {
    const session = new AbortController();
    const abort = () => session.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const batch = batchTo<Observed>(
      (observations) => watch.followed.seen(observations),
      (failure) => session.abort(failure),
    );
    try {
      const forbidden = await listThenWatch(watch, batch, backOff, session.signal);
      if (forbidden !== undefined && !signal.aborted) return forbidden;
      session.signal.throwIfAborted();
    } catch (err) {
      if (!signal.aborted)
        watch.log.warn(
          { clusterId: watch.clusterId, resource: watch.kind.resource, err },
          'the watch begins again: its observations could not be recorded',
        );
    } finally {
      signal.removeEventListener('abort', abort);
      await batch.stop();
    }
    await pause(backOff.next(undefined), signal);
  }
  return undefined;
}

/** Until `signal` aborts, or with the refusal of a whole cluster. Rejects when an observation could not be recorded. */
async function listThenWatch<Observed extends Identified>(
  watch: Watch<Observed>,
  batch: Batch<Observed>,
  backOff: BackOff,
  signal: AbortSignal,
): Promise<ClusterFailure | undefined> {
  let version: string | undefined;
  let listedAt = 0;
  let relistAt = 0;
  let longestSeconds = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    if (version === undefined) {
      listedAt = performance.now();
      relistAt = listedAt + randomBetween(watch.timings.relistSeconds) * 1000;
    }
    const untilList = Math.max(relistAt - performance.now(), 0) / 1000;
    const next: Next =
      version === undefined
        ? await listStep(watch, batch, signal)
        : await watchStep(watch, version, Math.min(untilList, longestSeconds), batch, backOff, signal);
    if (signal.aborted) return undefined;
    if (
      watch.optional === true
        ? next.failure?.kind === 'Refused'
        : watch.namespace === undefined && isForbidden(next.failure)
    )
      return next.failure;
    if (next.broken === true)
      relistAt = Math.min(relistAt, listedAt + randomBetween(watch.timings.relistAfterBreakSeconds) * 1000);
    if (next.silent === true) longestSeconds = Math.floor(watch.timings.silentSeconds * shareOfSilence);
    version = performance.now() >= relistAt ? undefined : next.version;
    if (next.reportsFailure === true && next.failure !== undefined)
      await watch.part.report({ kind: 'Failed', failure: next.failure });
    if (next.wait) await pause(backOff.next(next.failure), signal);
  }
  return undefined;
}

function isForbidden(failure: ClusterFailure | undefined): boolean {
  return failure?.kind === 'Refused' && failure.status === 403;
}

async function listStep<Observed extends Identified>(
  watch: Watch<Observed>,
  batch: Batch<Observed>,
  signal: AbortSignal,
): Promise<Next> {
  // What is recorded after that time counts as newer than the list.
  await batch.drain();
  const beganAt = await watch.clock.now();
  const take = async (observations: readonly Observed[]) => {
    for (const observation of observations) batch.add(observation);
    await batch.room();
  };
  const end = await listAll(watch, take, signal);
  if (end.kind === 'Failed') return { version: undefined, wait: true, failure: end.failure, reportsFailure: true };
  if (end.kind === 'Expired') return { version: undefined, wait: true };
  await batch.drain();
  const { namespace } = watch;
  if (!signal.aborted)
    await watch.followed.listed({ ...(namespace !== undefined && { namespace }), present: end.present, beganAt });
  return { version: end.version, wait: false };
}

async function watchStep<Observed extends Identified>(
  watch: Watch<Observed>,
  from: string,
  longestSeconds: number,
  batch: Batch<Observed>,
  backOff: BackOff,
  signal: AbortSignal,
): Promise<Next> {
  const release = watch.client.reserveWatch(watch.kind.resource);
  if (release === undefined) {
    await watch.part.report({ kind: 'Polled', message: watch.optional === true ? rarelyPolledMessage : polledMessage });
    await pause(
      randomBetween(watch.optional === true ? watch.timings.optionalPollSeconds : watch.timings.pollSeconds),
      signal,
    );
    return { version: undefined, wait: false };
  }
  const beganAt = performance.now();
  const reader = {
    begun: () => watch.part.report({ kind: 'Followed' }),
    take: async (observation: Observed) => {
      batch.add(observation);
      await batch.room();
    },
  };
  const end = await watchOnce(watch, from, longestSeconds, reader, signal).finally(release);
  backOff.healthy((performance.now() - beganAt) / 1000);
  if (!signal.aborted)
    watch.log.debug({ clusterId: watch.clusterId, resource: watch.kind.resource, ...end }, 'the watch ended');
  switch (end.kind) {
    case 'Ended':
      return { version: end.version, wait: false, broken: end.early };
    case 'Dropped':
      return {
        version: end.version,
        wait: true,
        failure: end.failure,
        reportsFailure: !end.begun,
        broken: true,
        silent: end.silent,
      };
    case 'Expired':
      return { version: undefined, wait: true };
    case 'Refused':
      return { version: undefined, wait: true, failure: end.failure, reportsFailure: true };
  }
}

const rarelyPolledMessage = 'It is listed once a minute: the connections to the cluster carry no further watch.';
const polledMessage = 'It is listed every ten seconds: the connections to the cluster carry no further watch.';
