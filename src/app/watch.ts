/**
 * Keeps one watch going for each cluster, and folds what they see into our record. `reconcile` takes no input: it
 * compares the watches that run with the clusters that are registered, starts what is missing, ends what is not wanted,
 * and starts anew where the credentials changed.
 */
import type { ClusterFailure } from '../domain/delivery.ts';
import { type Observation, observe } from '../domain/observe.ts';
import { conditionsOf } from './cluster-conditions.ts';
import type { ClusterApi, ClusterDirectory, Observations, Watcher, WatchState } from './connector-ports.ts';
import type { Clock, Log } from './ports.ts';

export interface WatchPorts {
  readonly directory: ClusterDirectory;
  readonly clusterApi: ClusterApi;
  readonly observations: Observations;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly credentialsRevision: number;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export interface Watches {
  reconcile(): Promise<void>;
  close(): Promise<void>;
  readonly count: number;
}

export function watchClusters(ports: WatchPorts): Watches {
  const running = new Map<string, Running>();

  const start = async (id: string, credentialsRevision: number): Promise<void> => {
    const target = await ports.directory.target(id);
    if (target === undefined) return;
    const abort = new AbortController();
    const ended = ports.clusterApi.watch(target, watcherOf(ports, id), abort.signal);
    running.set(id, { credentialsRevision, abort, ended });
  };

  const end = async (id: string): Promise<void> => {
    const watch = running.get(id);
    running.delete(id);
    watch?.abort.abort();
    await watch?.ended;
  };

  return {
    get count() {
      return running.size;
    },
    async reconcile() {
      const wanted = new Map(
        (await ports.directory.list()).map((cluster) => [cluster.id, cluster.credentialsRevision]),
      );
      for (const [id, watch] of [...running]) {
        if (wanted.get(id) !== watch.credentialsRevision) await end(id);
      }
      for (const [id, credentialsRevision] of wanted) {
        if (!running.has(id)) await start(id, credentialsRevision);
      }
    },
    async close() {
      await Promise.all([...running.keys()].map(end));
    },
  };
}

function watcherOf({ directory, observations, clock, log }: WatchPorts, clusterId: string): Watcher {
  const ingest = async (seen: readonly Observation[]) => {
    const now = await clock.now();
    await observations.ingest(clusterId, seen, (operation, observation) => observe(operation, observation, now));
  };
  return {
    operations: {
      seen: ingest,
      async listed({ namespace, present, beganAt }) {
        const missing = (await observations.expected(clusterId, beganAt)).filter(
          (expected) =>
            (namespace === undefined || expected.namespace === namespace) &&
            !present.has(`${expected.namespace}/${expected.name}`),
        );
        if (missing.length > 0) await ingest(missing.map((resource) => ({ ...resource, deleted: true, status: {} })));
      },
    },
    applications: { seen: async () => undefined, listed: async () => undefined },
    namespaces: () => directory.namespaces(clusterId),
    async state(state) {
      const failure = state.kind === 'Watching' ? undefined : state.failure;
      const contact = failure?.kind !== 'Unreachable';
      const conditions = [...conditionsOf(failure), watching(state)];
      const changed = await directory.report(clusterId, { conditions, contact, now: await clock.now() });
      if (changed.length > 0) log.info({ clusterId, changed, reason: failure?.message }, 'cluster conditions changed');
    },
  };
}

function watching(state: WatchState) {
  if (state.kind === 'Interrupted') {
    const { failure }: { failure: ClusterFailure } = state;
    return { type: 'Watching', status: 'False', reason: failure.kind, message: failure.message } as const;
  }
  const limits = (state.limited ?? []).map(({ resource, namespace, reason, message }) => {
    const where = namespace === undefined ? resource : `${resource} in ${namespace}`;
    return `${where} (${reason}): ${message}`;
  });
  return {
    type: 'Watching',
    status: 'True',
    reason: limits.length === 0 ? 'Watching' : 'Limited',
    message: ['Status is followed as it changes.', ...limits].join(' '),
  } as const;
}
