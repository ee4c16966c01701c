// Many clusters in one process, for tests of scale: one certificate, one TLS and HTTP server and one set of types between
// them, a listener and a small store each, and no timer while nothing happens.

import { startCluster } from './cluster.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import { makeTls } from './tls.ts';

const AT_ONCE = 50;

export interface ManyOptions extends Omit<ClusterOptions, 'name' | 'port' | 'controlPort' | 'tls'> {
  /** Names are this and a number from 0 on. Default `simulated-`. */
  readonly namePrefix?: string;
  /** Made in every cluster, open to the operator. Default `org-myteam`. */
  readonly namespace?: string;
  /** Made in every namespace. Default `nextcloud`. */
  readonly application?: string;
}

export interface SimulatedClusters {
  readonly clusters: readonly SimulatedCluster[];
  close(): Promise<void>;
}

export async function startClusters(count: number, options: ManyOptions = {}): Promise<SimulatedClusters> {
  const { namePrefix = 'simulated-', namespace = 'org-myteam', application = 'nextcloud', ...rest } = options;
  const tls = await makeTls();
  const clusters: SimulatedCluster[] = [];
  while (clusters.length < count) {
    const from = clusters.length;
    const starting = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) =>
      startCluster({ ...rest, name: `${namePrefix}${from + index}`, tls }),
    );
    clusters.push(...(await Promise.all(starting)));
  }
  for (const cluster of clusters) {
    cluster.addNamespace(namespace);
    cluster.addApplicationInstance(namespace, application);
  }
  return { clusters, close: async () => void (await Promise.all(clusters.map((cluster) => cluster.close()))) };
}
