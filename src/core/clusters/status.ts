/** Clusters with the deliveries that are pending for them, as the API shows them. */

import type { Clock } from '../kernel/ports.ts';
import type { ClusterFigures } from './ports.ts';
import { type Cluster, type ClusterStatus, withDelivery } from './rules/cluster.ts';

export interface StatusPorts {
  readonly clusterFigures: ClusterFigures;
  readonly clock: Clock;
}

export async function clusterStatus(ports: StatusPorts, cluster: Cluster): Promise<ClusterStatus> {
  const pending = await ports.clusterFigures.pending([cluster.id]);
  return withDelivery(cluster, pending.get(cluster.id), await ports.clock.now());
}

/** `clusterStatus` of all of them, with one statement. */
export async function clusterStatuses(
  ports: StatusPorts,
  clusters: readonly Cluster[],
): Promise<readonly ClusterStatus[]> {
  const pending = await ports.clusterFigures.pending(clusters.map(({ id }) => id));
  const now = await ports.clock.now();
  return clusters.map((cluster) => withDelivery(cluster, pending.get(cluster.id), now));
}
