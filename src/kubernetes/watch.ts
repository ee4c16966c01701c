/**
 * The watch of one cluster, for as long as it is wanted: list, watch from the list's version on, and back to whichever
 * of the two can go on.
 *
 *   no version known          list → all of it handed over → `listed` → a version
 *   version known             watch from it
 *     ended as agreed         watch on from the last version; about once an hour, list
 *     cut, silent, garbled    wait, watch on from the last version; list when nothing was heard three times
 *     expired (410), refused  wait, list
 *   recording failed          wait, list: what was not recorded is not passed over
 *
 * Waits grow from 0.8 s to 30 s and start over after two healthy minutes. A watch that begins again at the first try
 * is no news; one that does not is told as Interrupted.
 */
import type { Watcher, WatchState } from '../app/connector-ports.ts';
import type { Clock, Log } from '../app/ports.ts';
import type { ClusterFailure } from '../domain/delivery.ts';
import type { Observation } from '../domain/observe.ts';
import { type BackOff, backOffOf, between, pause } from './back-off.ts';
import { type Batch, batchTo } from './batch.ts';
import type { Connection } from './connection.ts';
import { followOperations } from './follow.ts';
import { listOperations } from './list.ts';
import type { Timings } from './timings.ts';

export interface Watch {
  readonly clusterId: string;
  readonly connection: Connection;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly log: Log;
}

/** Where the watch goes on: from a version, or with a list when there is none. */
interface Next {
  readonly version: string | undefined;
  readonly wait: boolean;
  readonly failure?: ClusterFailure;
  readonly told?: boolean;
  readonly heard?: boolean;
}

/** A version that the cluster does not know yet (it was set back) is watched in silence: only a list helps. */
const maxSilentCount = 3;

/** Never rejects. Returns soon after `signal` aborts, and calls nothing of the watcher afterwards. */
export async function watchOperations(watch: Watch, signal: AbortSignal): Promise<void> {
  const backOff = backOffOf(watch.timings);
  while (!signal.aborted) {
    const session = new AbortController();
    const abort = () => session.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const batch = batchTo(
      (observations) => watch.watcher.seen(observations),
      (failure) => session.abort(failure),
    );
    try {
      await goOn(watch, batch, backOff, session.signal);
      session.signal.throwIfAborted();
    } catch (err) {
      if (!signal.aborted)
        watch.log.warn(
          { clusterId: watch.clusterId, err },
          'the watch begins again: what it saw could not be recorded',
        );
    } finally {
      signal.removeEventListener('abort', abort);
      await batch.stop();
    }
    await pause(backOff.next(undefined), signal);
  }
}

/** Until `signal`; rejects when something could not be recorded. */
async function goOn(watch: Watch, batch: Batch, backOff: BackOff, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let relistAt = 0;
  let silentCount = 0;
  while (!signal.aborted) {
    if (version === undefined) relistAt = performance.now() + between(watch.timings.relistSeconds) * 1000;
    const next: Next =
      version === undefined ? await list(watch, batch, signal) : await follow(watch, version, batch, backOff, signal);
    if (signal.aborted) return;
    silentCount = next.heard === false ? silentCount + 1 : 0;
    const listNow = silentCount >= maxSilentCount || performance.now() >= relistAt;
    version = listNow ? undefined : next.version;
    if (next.told === true && next.failure !== undefined)
      await tell(watch, { kind: 'Interrupted', failure: next.failure });
    if (next.wait) await pause(backOff.next(next.failure), signal);
  }
}

async function list(watch: Watch, batch: Batch, signal: AbortSignal): Promise<Next> {
  const beganAt = await watch.clock.now();
  const take = async (observations: readonly Observation[]) => {
    for (const observation of observations) batch.add(observation);
    await batch.room();
  };
  const listed = await listOperations(watch.connection, take, watch.timings, signal);
  if (listed.kind === 'Failed') return { version: undefined, wait: true, failure: listed.failure, told: true };
  if (listed.kind === 'Expired') return { version: undefined, wait: true };
  await batch.drain();
  if (!signal.aborted) await watch.watcher.listed(listed.present, beganAt);
  return { version: listed.version, wait: false };
}

async function follow(watch: Watch, from: string, batch: Batch, backOff: BackOff, signal: AbortSignal): Promise<Next> {
  const beganAt = performance.now();
  const reader = {
    begun: () => tell(watch, { kind: 'Watching' }),
    take: async (observation: Observation) => {
      batch.add(observation);
      await batch.room();
    },
  };
  const end = await followOperations(watch.connection, from, reader, watch.timings, signal);
  backOff.healthy((performance.now() - beganAt) / 1000);
  if (!signal.aborted) watch.log.debug({ clusterId: watch.clusterId, ...end }, 'the watch ended');
  switch (end.kind) {
    case 'Ended':
      return { version: end.version, wait: false };
    case 'Dropped':
      return { version: end.version, wait: true, failure: end.failure, told: !end.begun, heard: end.heard };
    case 'Expired':
      return { version: undefined, wait: true };
    case 'Refused':
      return { version: undefined, wait: true, failure: end.failure, told: true };
  }
}

/** A state that cannot be recorded is told again with the next one; the watch itself does not suffer. */
async function tell(watch: Watch, state: WatchState): Promise<void> {
  try {
    await watch.watcher.state(state);
  } catch (err) {
    watch.log.warn({ clusterId: watch.clusterId, err }, 'the state of the watch could not be recorded');
  }
}
