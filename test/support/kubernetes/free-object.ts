/** Objects of a simulated cluster as JSON, which a test reads and changes freely. */
import type { SimulatedCluster } from '../../../simulator/index.ts';

type Resource = Parameters<SimulatedCluster['get']>[0];

// biome-ignore lint/suspicious/noExplicitAny: the one place where what a test reads freely is of any shape
export type Free = any;

/** `undefined` when the cluster has none. Without a namespace, of a kind that has none. */
export function freeObject(
  cluster: Pick<SimulatedCluster, 'get'>,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): Free {
  return cluster.get(resource, namespace, name);
}
