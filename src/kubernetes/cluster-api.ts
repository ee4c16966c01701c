/**
 * The push connector's side of the port ClusterApi. At most three connections a cluster: two for calls, kept between
 * them, and one for the watch while it runs. Nothing here throws for what a cluster or the network does, and every
 * call ends within its time.
 */
import type { ClusterApi, ClusterTarget } from '../app/connector-ports.ts';
import type { Clock, Log } from '../app/ports.ts';
import type { ClusterAnswer } from '../domain/delivery.ts';
import { addressRule } from './address.ts';
import { openConnection } from './connection.ts';
import { keepConnections } from './connections.ts';
import { type Resolve, resolveBySystem } from './connector.ts';
import { discoverCluster, nothingDiscovered } from './discover.ts';
import { unreachable } from './network.ts';
import { applyOperation, removeOperation } from './operations.ts';
import { defaultTimings, type Timings } from './timings.ts';
import { watchOperations } from './watch.ts';

export interface ClusterApiOptions {
  readonly log: Log;
  /** Dates the lists of a watch. Replicas give the database's; without one it is this process' own. */
  readonly clock?: Clock;
  readonly timings?: Partial<Timings>;
  /** CIDR ranges that clusters may not be in, beside link-local, metadata and multicast addresses. */
  readonly deniedNetworks?: readonly string[];
  readonly resolve?: Resolve;
}

const callConnectionCount = 2;
const maxAnswerBytes = 4 * 1024 * 1024;
const processClock: Clock = { now: async () => new Date().toISOString() };

export function clusterApi(options: ClusterApiOptions): ClusterApi & { close(): Promise<void> } {
  const timings = { ...defaultTimings, ...options.timings };
  const denied = addressRule(options.deniedNetworks);
  const shared = { timings, denied, resolve: options.resolve ?? resolveBySystem };
  const connections = keepConnections({ ...shared, connectionCount: callConnectionCount });
  const limits = { seconds: timings.callSeconds, bytes: maxAnswerBytes };
  const closing = new AbortController();
  const watches = new Set<Promise<void>>();

  const answered = async (answer: Promise<ClusterAnswer>): Promise<ClusterAnswer> => answer.catch(unreachable);

  const watch: ClusterApi['watch'] = async (target, watcher, signal) => {
    const ended = AbortSignal.any([signal, closing.signal]);
    const { clock = processClock, log } = options;
    try {
      const connection = openConnection(target.access, { ...shared, connectionCount: 1 });
      try {
        await watchOperations({ clusterId: target.cluster.id, connection, watcher, clock, timings, log }, ended);
      } finally {
        await connection.close();
      }
    } catch (error) {
      await watcher
        .state({ kind: 'Interrupted', failure: unreachable(error) })
        .catch((err: unknown) => log.warn({ err }, 'the state of the watch could not be recorded'));
      await aborted(ended);
    }
  };

  return {
    apply: (target, manifest) =>
      answered(connections.use(target, (connection) => applyOperation(connection, manifest, limits))),
    remove: (target, resource) =>
      answered(connections.use(target, (connection) => removeOperation(connection, resource, limits))),
    discover: (target, now) =>
      connections
        .use(target, (connection) => discoverCluster(connection, limits, now))
        .catch((error: unknown) => nothingDiscovered(now, unreachable(error))),
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
