/**
 * Keeps one watch running for each cluster that this connector holds, and folds what the watches see into our record.
 *
 * `reconcile` takes no input. It compares the watches that run with the leases that are held. It ends those without a
 * lease and starts those that are missing. It starts a watch again when the epoch or the credentials have changed, or
 * when somebody has raised `cluster.relist_revision` to have the cluster listed.
 *
 * Two connectors never write for the same cluster. A watch ends when its lease has run out by this process' own clock,
 * which goes on while the process is stopped or the database is away. And each write carries the epoch of its lease:
 * once another connector holds the cluster, the database refuses it (src/postgres/clusters/fence.ts).
 */

import type { ClusterDirectory, ClusterTarget } from '../clusters/ports.ts';
import { reportUnreadable } from '../clusters/report-unreadable.ts';
import type { AccessUnreadable } from '../clusters/rules/access-unreadable.ts';
import { type Fence, LeaseLost } from '../clusters/rules/fence.ts';
import { callConditions } from '../clusters/rules/reported-conditions.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import type { ReportedCondition } from '../kernel/rules/condition.ts';
import type { Observation } from '../operations/rules/observation.ts';
import { observe } from '../operations/rules/observe.ts';
import { type MirrorPorts, mirrorApplications } from './mirror-applications.ts';
import type { ClusterWatch, HeldCluster, Leases, Observations, Watcher, WatchState } from './ports.ts';
import { type RecordForeignPorts, recordForeignOperations } from './record-foreign-operations.ts';
import { watchCondition } from './rules/reasons.ts';
import { startLimiter } from './start-limiter.ts';

export interface WatchPorts extends MirrorPorts, RecordForeignPorts {
  readonly leases: Leases;
  readonly directory: ClusterDirectory;
  readonly clusterApi: ClusterWatch;
  readonly observations: Observations;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly lease: HeldCluster;
  /** When the lease ends, by `performance.now()`; counted from before the database was asked. */
  until: number;
  readonly abort: AbortController;
}

export interface Watches {
  /** Returns how many watches it has ended and started. A call that a later one has overtaken does nothing more. */
  reconcile(): Promise<number>;
  /**
   * Ends the watches whose lease has run out, and returns how many. It needs no database, so it works while the database
   * is away.
   */
  endExpired(): number;
  close(): Promise<void>;
  readonly count: number;
  /** How many leases `reconcile` found at its last call. */
  readonly heldCount: number;
}

export function watchClusters(ports: WatchPorts, connectorId: string): Watches {
  const running = new Map<string, Running>();
  const ending = new Set<Promise<void>>();
  /** The leases under which it was reported that the access to a cluster cannot be opened. */
  const reported = new Map<string, HeldCluster>();
  const limiter = startLimiter();
  let heldCount = 0;
  let latestAskedAt = 0;
  let closed = false;

  const end = (id: string, watch: Running) => {
    if (running.get(id) === watch) running.delete(id);
    watch.abort.abort();
  };

  const begin = ({ cluster, ...target }: ClusterTarget, lease: HeldCluster, until: number) => {
    const { id } = cluster;
    const watch: Running = { lease, until, abort: new AbortController() };
    const { signal } = watch.abort;
    const lost = () => {
      if (signal.aborted) return;
      ports.log.info({ clusterId: id, epoch: lease.epoch }, 'another connector watches the cluster now');
      end(id, watch);
    };
    running.set(id, watch);
    const run = limiter.run(signal, async (started) => {
      const held: Held = { fence: { connectorId, epoch: lease.epoch }, lost, started };
      await ports.clusterApi.watch({ cluster, ...target }, watcherOf(ports, cluster, held), signal);
    });
    ending.add(run);
    void run.finally(() => ending.delete(run));
  };

  /** Reports once, and again when the lease or the access has changed. */
  const reportNew = async (unreadable: readonly AccessUnreadable[], held: ReadonlyMap<string, HeldCluster>) => {
    for (const error of unreadable) {
      const { id } = error.cluster;
      const lease = held.get(id);
      const known = reported.get(id);
      if (lease === undefined || (known !== undefined && isSame(lease, known))) continue;
      await reportUnreadable(ports, error, { connectorId, epoch: lease.epoch }).catch(ignoreLost);
      reported.set(id, lease);
    }
  };

  return {
    get count() {
      return running.size;
    },
    get heldCount() {
      return heldCount;
    },
    async reconcile() {
      const askedAt = performance.now();
      latestAskedAt = askedAt;
      let changedCount = 0;
      const held = new Map((await ports.leases.held(connectorId)).map((lease) => [lease.clusterId, lease]));
      if (askedAt < latestAskedAt) return 0;
      heldCount = held.size;
      for (const [id, watch] of [...running]) {
        const lease = held.get(id);
        if (lease === undefined || !isSame(lease, watch.lease)) {
          end(id, watch);
          changedCount += 1;
        } else watch.until = askedAt + lease.remainingSeconds * 1000;
      }
      const missing = [...held.keys()].filter((id) => !running.has(id));
      if (missing.length === 0) return changedCount;
      const { opened, unreadable } = await ports.directory.targets(missing);
      await reportNew(unreadable, held);
      for (const target of opened) {
        const lease = held.get(target.cluster.id);
        if (lease === undefined || closed || askedAt < latestAskedAt) continue;
        begin(target, lease, askedAt + lease.remainingSeconds * 1000);
        changedCount += 1;
      }
      return changedCount;
    },
    endExpired() {
      const expired = [...running].filter(([, { until }]) => until <= performance.now());
      for (const [id, watch] of expired) end(id, watch);
      if (expired.length > 0)
        ports.log.warn({ count: expired.length }, 'leases ran out before they were renewed: their watches end');
      return expired.length;
    },
    async close() {
      closed = true;
      for (const [id, watch] of [...running]) end(id, watch);
      await Promise.all(ending);
    },
  };
}

function ignoreLost(error: unknown): void {
  if (!(error instanceof LeaseLost)) throw error;
}

function isSame(a: HeldCluster, b: HeldCluster): boolean {
  return (
    a.epoch === b.epoch && a.credentialsRevision === b.credentialsRevision && a.relistRevision === b.relistRevision
  );
}

/** The lease that a watch writes under. */
interface Held {
  readonly fence: Fence;
  /** To be called when a write was refused because another connector holds the cluster. */
  readonly lost: () => void;
  /** To be called when the watch has reported its first state. */
  readonly started: () => void;
}

function watcherOf(ports: WatchPorts, cluster: ClusterTarget['cluster'], { fence, lost, started }: Held): Watcher {
  const { directory, observations, clock, log } = ports;
  const clusterId = cluster.id;
  const applications = mirrorApplications(ports, { cluster, fence });
  const foreign = recordForeignOperations(ports, { cluster, fence });
  /** Wraps each write: the first one that is refused ends the watch. */
  const fenced = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write;
    } catch (error) {
      if (error instanceof LeaseLost) lost();
      throw error;
    }
  };
  const ingest = async (seen: readonly Observation[]) => {
    const now = await clock.now();
    const { unmatched } = await fenced(
      observations.ingest(clusterId, seen, (operation, observation) => observe(operation, observation, now), fence),
    );
    await fenced(foreign.seen(unmatched));
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
        await fenced(foreign.listed());
      },
    },
    applications: {
      seen: (observed) => fenced(applications.seen(observed)),
      listed: (list) => fenced(applications.listed(list)),
    },
    namespaces: () => directory.namespaces(clusterId),
    async state(state) {
      const failure = state.kind === 'Watching' ? undefined : state.failure;
      const contact = failure?.kind !== 'Unreachable';
      const conditions = [...callConditions(failure), watching(state)];
      const report = { conditions, contact, now: await clock.now() };
      const changed = await fenced(directory.report(clusterId, report, fence));
      started();
      if (changed.length > 0) log.info({ clusterId, changed, reason: failure?.message }, 'cluster conditions changed');
    },
  };
}

function watching(state: WatchState): ReportedCondition {
  if (state.kind === 'Interrupted') {
    const { kind, message } = state.failure;
    return watchCondition('Watching', 'False', kind, message, '');
  }
  const limits = (state.limited ?? []).map(({ resource, namespace, reason, message }) => {
    const where = namespace === undefined ? resource : `${resource} in ${namespace}`;
    return `${where} (${reason}): ${message}`;
  });
  const message = ['The service follows changes as they happen.', ...limits].join(' ');
  return watchCondition('Watching', 'True', limits.length === 0 ? 'Watching' : 'Limited', message, '');
}
