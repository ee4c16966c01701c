/** How each cluster does, as metrics: seven series a cluster and no more, from one query when metrics are read. */
import { Gauge, type Registry } from 'prom-client';
import type { MeasuredCluster } from '../core/clusters/ports.ts';

const types = ['Reachable', 'Authenticated', 'OperatorReady', 'Watching', 'CredentialsExpiring'] as const;
const values = { True: 1, False: 0, Unknown: -1 } as const;
const keptMs = 5_000;

export function clusterMetrics(
  registry: Registry,
  read: () => Promise<readonly MeasuredCluster[]>,
  now: () => Promise<string>,
): void {
  // Gauges are collected side by side: each waits for the one reading that sets them all.
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();
  const collect = () => {
    if (performance.now() - readAt < keptMs) return reading;
    readAt = performance.now();
    reading = Promise.all([read(), now()])
      .then(([clusters, at]) => set(clusters, Date.parse(at)))
      .catch(() => undefined);
    return reading;
  };
  const shared = { registers: [registry], collect };
  const condition = new Gauge({
    name: 'backups_cluster_condition',
    help: 'Conditions of clusters: 1 True, 0 False, -1 Unknown.',
    labelNames: ['cluster', 'name', 'condition'],
    ...shared,
  });
  const contact = new Gauge({
    name: 'backups_cluster_last_contact_seconds',
    help: 'How long ago the cluster last answered or told something.',
    labelNames: ['cluster', 'name'],
    ...shared,
  });
  const pending = new Gauge({
    name: 'backups_cluster_pending_deliveries',
    help: 'Operations that wait to be applied or deleted in the cluster.',
    labelNames: ['cluster', 'name'],
    ...shared,
  });
  const lag = new Gauge({
    name: 'backups_delivery_lag_seconds',
    help: 'How long the delivery that waits longest has waited, of all clusters.',
    ...shared,
  });

  const set = (clusters: readonly MeasuredCluster[], at: number) => {
    for (const gauge of [condition, contact, pending]) gauge.reset();
    let lagMs = 0;
    for (const { id: cluster, name, conditions, lastContactAt, pendingCount, oldestPendingAt } of clusters) {
      for (const { type, status } of conditions) {
        if (types.some((known) => known === type)) condition.set({ cluster, name, condition: type }, values[status]);
      }
      if (lastContactAt !== undefined)
        contact.set({ cluster, name }, Math.max(0, at - Date.parse(lastContactAt)) / 1000);
      pending.set({ cluster, name }, pendingCount);
      if (oldestPendingAt !== undefined) lagMs = Math.max(lagMs, at - Date.parse(oldestPendingAt));
    }
    lag.set(lagMs / 1000);
  };
}
