/** Objects of a simulated cluster as JSON, which a test reads and changes freely. */
import type { SimulatedCluster } from '../../../simulator/index.ts';

type Resource = Parameters<SimulatedCluster['get']>[0];

/** `undefined` when the cluster has none. Without a namespace, of a kind that has none. */
export function freeObject(
  cluster: Pick<SimulatedCluster, 'get'>,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: the one place where an object of the cluster is of any shape
): any {
  return cluster.get(resource, namespace, name);
}
