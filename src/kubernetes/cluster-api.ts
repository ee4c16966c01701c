/**
 * The push connector's side of the port ClusterApi. At most three connections a cluster, for calls and
 * watches together. Nothing here throws for what a cluster or the network does, and every
 * call ends within its time.
 */

import type { ClusterDiscovery, ClusterTarget } from '../core/clusters/ports.ts';
import type { ClusterCalls } from '../core/delivery/ports.ts';
import type { ClusterWatch } from '../core/observation/ports.ts';

/** Everything that is done towards clusters. */
export type ClusterApi = ClusterCalls & ClusterDiscovery & ClusterWatch;

import type { ClusterAnswer } from '../core/delivery/rules/answer.ts';
import type { Clock, Log } from '../core/kernel/ports.ts';
import { applyOperation, readOperation, removeOperation } from './calls/apply-read-delete.ts';
import { discoverCluster, nothingDiscovered, withExpiry } from './discovery/discover.ts';
import type { Connection } from './http/client.ts';
import { keepConnections } from './http/client-cache.ts';
import { addressRule } from './http/denied-addresses.ts';
import { type Resolve, resolveBySystem } from './http/tls-connect.ts';
import { unreachable } from './http/unreachable.ts';
import { defaultTimings, type Timings } from './timings.ts';
import { watchKind } from './watch/cluster-or-namespaces.ts';
import { applicationInstances, operations } from './watch/followed-kinds.ts';
import { standingsTo } from './watch/watch-state.ts';

export interface ClusterApiOptions {
  readonly log: Log;
  /** Dates the lists of a watch. Replicas give the database's; without one it is this process' own. */
  readonly clock?: Clock;
  readonly timings?: Partial<Timings>;
  /** CIDR ranges that clusters may not be in, beside link-local, metadata and multicast addresses. */
  readonly deniedNetworks?: readonly string[];
  readonly resolve?: Resolve;
  /** Leaves the certificate of a cluster unverified if its access says so. */
  readonly allowInsecureTls?: boolean;
}

const connectionCount = 3;
const maxAnswerBytes = 4 * 1024 * 1024;
const processClock: Clock = { now: async () => new Date().toISOString() };

export function clusterApi(options: ClusterApiOptions): ClusterApi & { close(): Promise<void> } {
  const { log } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const denied = addressRule(options.deniedNetworks);
  const { resolve = resolveBySystem, allowInsecureTls = false } = options;
  const connections = keepConnections({ timings, denied, resolve, allowInsecureTls, connectionCount });
  const limits = { seconds: timings.callSeconds, bytes: maxAnswerBytes };
  const closing = new AbortController();
  const watches = new Set<Promise<void>>();

  const answered = async (answer: Promise<ClusterAnswer>): Promise<ClusterAnswer> => answer.catch(unreachable);

  const watch: ClusterApi['watch'] = async (target, watcher, signal) => {
    const ended = AbortSignal.any([signal, closing.signal]);
    try {
      await connections.use(target, (connection) => watchCluster(target.cluster.id, connection, watcher, ended));
    } catch (error) {
      await tellState(watcher, { kind: 'Interrupted', failure: unreachable(error) });
      await aborted(ended);
    }
  };
  const watchCluster = async (clusterId: string, connection: Connection, watcher: Watcher, ended: AbortSignal) => {
    const standings = standingsTo(async (state) => {
      if (!ended.aborted) await tellState(watcher, state);
    }, timings.repeatSeconds);
    const { namespaces } = watcher;
    const shared = { clusterId, connection, namespaces, standings, clock: options.clock ?? processClock, timings, log };
    await Promise.all([
      watchKind({ ...shared, kind: operations, followed: watcher.operations }, ended),
      watchKind({ ...shared, kind: applicationInstances, followed: watcher.applications }, ended),
    ]);
  };
  /** A state that cannot be recorded is told again with the next one; the watch itself does not suffer. */
  const tellState = async (watcher: Watcher, state: WatchState) =>
    watcher.state(state).catch((err: unknown) => log.warn({ err }, 'the state of the watch could not be recorded'));

  return {
    apply: (target, manifest, sendUntil) =>
      answered(connections.use(target, (connection) => applyOperation(connection, manifest, { ...limits, sendUntil }))),
    read: (target, resource) =>
      answered(connections.use(target, (connection) => readOperation(connection, resource, limits))),
    remove: (target, resource) =>
      answered(connections.use(target, (connection) => removeOperation(connection, resource, limits))),
    async discover(target, now, applications = []) {
      const found = await connections
        .use(target, (connection) => discoverCluster(connection, limits, now, target, applications))
        .catch((error: unknown) => nothingDiscovered(now, unreachable(error)));
      return withExpiry(found, target.access);
    },
    async watch(target: ClusterTarget, watcher, signal) {
      const running = watch(target, watcher, signal);
      watches.add(running);
      await running.finally(() => watches.delete(running));
    },
    async close() {
      closing.abort();
      await Promise.all([connections.close(), ...watches]);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
