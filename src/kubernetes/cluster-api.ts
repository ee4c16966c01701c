/**
 * The push connector's side of the port ClusterApi. Calls and watches together take at most three connections for each
 * cluster. No method throws for what a cluster or the network does, and every call ends within its time.
 */

import type { ClusterDiscovery, ClusterTarget } from '../core/clusters/ports.ts';
import type { ClusterCalls } from '../core/delivery/ports.ts';
import type { ClusterAnswer } from '../core/delivery/rules/answer.ts';
import type { Clock, Log } from '../core/kernel/ports.ts';
import type { ClusterWatch, Watcher, WatchState } from '../core/observation/ports.ts';
import { applyOperation, deleteOperation, readOperation } from './calls/apply-read-delete.ts';
import { clusterClocks } from './cluster-clocks.ts';
import { discoverCluster, nothingDiscovered, withExpiry } from './discovery/discover.ts';
import type { ClusterClient } from './http/client.ts';
import { cacheClients } from './http/client-cache.ts';
import { type AddressOptions, addressRules } from './http/denied-addresses.ts';
import { type Resolve, resolveBySystem } from './http/tls-connect.ts';
import { unreachable } from './http/unreachable.ts';
import { untilAborted } from './timers.ts';
import { defaultTimings, type Timings } from './timings.ts';
import { watchKind } from './watch/cluster-or-namespaces.ts';
import { applicationInstances, operations } from './watch/kinds/followed-kinds.ts';
import { watchParts } from './watch/watch-state.ts';
import { watchVelero } from './watch/watch-velero.ts';

/** Everything that is done towards clusters. */
export type ClusterApi = ClusterCalls & ClusterDiscovery & ClusterWatch;

export interface ClusterApiOptions extends AddressOptions {
  readonly log: Log;
  /** Dates the lists of a watch. Replicas pass the database's clock; if absent, it is the clock of this process. */
  readonly clock?: Clock;
  readonly timings?: Partial<Timings>;
  readonly resolve?: Resolve;
  /** Leaves the certificate of a cluster unverified where its access says so. */
  readonly allowInsecureTls?: boolean;
}

const connectionCount = 3;
const maxAnswerBytes = 4 * 1024 * 1024;
const processClock: Clock = { now: async () => new Date().toISOString() };

export interface OpenClusterApi extends ClusterApi {
  /** How far the clusters' clocks are ahead of `performance.now()`; `undefined` while nobody knows. */
  clockOffset(): number | undefined;
  close(): Promise<void>;
}

export function clusterApi(options: ClusterApiOptions): OpenClusterApi {
  const { log } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const addresses = addressRules(options);
  const { resolve = resolveBySystem, allowInsecureTls = false } = options;
  const clocks = clusterClocks();
  const { answered: dated } = clocks;
  const clients = cacheClients({
    ...{ timings, addresses, resolve, allowInsecureTls, connectionCount },
    answered: dated,
  });
  const limits = { seconds: timings.callSeconds, bytes: maxAnswerBytes };
  const closing = new AbortController();
  const watches = new Set<Promise<void>>();

  const answered = async (answer: Promise<ClusterAnswer>): Promise<ClusterAnswer> => answer.catch(unreachable);

  const watch: ClusterApi['watch'] = async (target, watcher, signal) => {
    const ended = AbortSignal.any([signal, closing.signal]);
    try {
      await clients.use(target, (client) => watchCluster(target.cluster.id, client, watcher, ended));
    } catch (error) {
      await reportState(watcher, { kind: 'Interrupted', failure: unreachable(error) });
      await untilAborted(ended);
    }
  };
  const watchCluster = async (clusterId: string, client: ClusterClient, watcher: Watcher, ended: AbortSignal) => {
    const begun = Promise.withResolvers<void>();
    ended.addEventListener('abort', () => begun.resolve(), { once: true });
    const parts = watchParts(async (state) => {
      if (!ended.aborted) await reportState(watcher, state);
      if (state.kind === 'Watching') begun.resolve();
    }, timings.repeatSeconds);
    const { namespaces } = watcher;
    const shared = { clusterId, client, namespaces, parts, clock: options.clock ?? processClock, timings, log };
    await Promise.all([
      watchKind({ ...shared, kind: operations, followed: watcher.operations }, ended),
      watchKind({ ...shared, kind: applicationInstances, followed: watcher.applications }, ended),
      begun.promise.then(() => watcher.velero && watchVelero({ ...shared, velero: watcher.velero }, ended)),
    ]);
  };
  /** The watch goes on when its state cannot be recorded; the next report makes up for it. */
  const reportState = async (watcher: Watcher, state: WatchState) =>
    watcher.state(state).catch((err: unknown) => log.warn({ err }, 'the state of the watch could not be recorded'));

  return {
    apply: (target, manifest, sendUntil) =>
      answered(clients.use(target, (client) => applyOperation(client, manifest, { ...limits, sendUntil }))),
    read: (target, resource) => answered(clients.use(target, (client) => readOperation(client, resource, limits))),
    remove: (target, resource) => answered(clients.use(target, (client) => deleteOperation(client, resource, limits))),
    async discover(target, now, applications = []) {
      const found = await clients
        .use(target, async (client) => {
          const discovered = await discoverCluster(client, limits, now, target, applications);
          const { localAddress } = client;
          return localAddress === undefined ? discovered : { ...discovered, localAddress };
        })
        .catch((error: unknown) => nothingDiscovered(now, unreachable(error)));
      return withExpiry(found, target.access);
    },
    async watch(target: ClusterTarget, watcher, signal) {
      const running = watch(target, watcher, signal);
      watches.add(running);
      await running.finally(() => watches.delete(running));
    },
    clockOffset: clocks.offsetMs,
    async close() {
      closing.abort();
      await Promise.all([clients.close(), ...watches]);
    },
  };
}
