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
import { LeaseLost } from '../clusters/rules/fence.ts';
import type { ClusterWatch, HeldCluster, Leases } from './ports.ts';
import { startLimiter } from './start-limiter.ts';
import { type Held, type WatcherPorts, watcherOf } from './watcher.ts';

export interface WatchPorts extends WatcherPorts {
  readonly leases: Leases;
  readonly directory: ClusterDirectory;
  readonly clusterApi: ClusterWatch;
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
