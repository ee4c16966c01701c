/** Clusters with the deliveries that are pending for them, as the API shows them. */

import type { Clock } from '../kernel/ports.ts';
import type { ClusterFigures } from './ports.ts';
import { type Cluster, type ClusterStatus, withDelivery } from './rules/cluster.ts';

export interface WaitingPorts {
  readonly clusterFigures: ClusterFigures;
  readonly clock: Clock;
}

export async function withWaiting(ports: WaitingPorts, cluster: Cluster): Promise<ClusterStatus> {
  const waiting = await ports.clusterFigures.waiting([cluster.id]);
  return withDelivery(cluster, waiting.get(cluster.id), await ports.clock.now());
}

/** What waits for each of them, in one statement. */
export async function allWithWaiting(
  ports: WaitingPorts,
  clusters: readonly Cluster[],
): Promise<readonly ClusterStatus[]> {
  const waiting = await ports.clusterFigures.waiting(clusters.map(({ id }) => id));
  const now = await ports.clock.now();
  return clusters.map((cluster) => withDelivery(cluster, waiting.get(cluster.id), now));
}
