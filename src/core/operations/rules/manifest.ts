/**
 * The custom resource that an Operation becomes in its cluster: ops.vworkspace.io/v1alpha1, as vWorkspace's operator
 * accepts it. The labels are those that every Operation of a control plane carries. The annotation carries the id of
 * our Operation, so that the watch finds the record of a resource.
 */
import { ttlFieldOf } from '../../acceptance/rules/accepted-parameters.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import type { Operation } from './operation.ts';

export const fieldManager = 'vworkspace-control-plane';
export const operationIdAnnotation = 'app.vworkspace.io/operation-id';

export interface Manifest {
  readonly apiVersion: 'ops.vworkspace.io/v1alpha1';
  readonly kind: 'Operation';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly targetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
    readonly type: string;
    readonly engine: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly approvals?: { readonly claim: string };
  };
}

type Described = Pick<
  Operation,
  'id' | 'name' | 'namespace' | 'target' | 'type' | 'engine' | 'parameters' | 'ttl' | 'uid'
>;

/**
 * Two things of the cluster count: its name, for a label, and the parameter in which its operator accepts a ttl. `claim`
 * proves that a Restore was approved.
 */
export function manifestOf(
  operation: Described,
  cluster: Pick<Cluster, 'name' | 'discovery'>,
  claim?: string,
): Manifest {
  const { id, name, namespace, target, type, engine, parameters, ttl, uid } = operation;
  return {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: {
      name,
      namespace,
      ...(uid !== undefined && { uid }),
      labels: {
        'app.vworkspace.io/managed-by': 'control-plane',
        'app.vworkspace.io/cluster-id': cluster.name,
        'app.vworkspace.io/application-instance': target,
      },
      annotations: { [operationIdAnnotation]: id },
    },
    spec: {
      targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: target },
      type,
      engine,
      parameters: { ...parameters, ...sentTtl(ttl, cluster) },
      ...(claim !== undefined && { approvals: { claim } }),
    },
  };
}

function sentTtl(ttl: string | undefined, cluster: Pick<Cluster, 'discovery'>): Readonly<Record<string, string>> {
  const field = ttlFieldOf(cluster);
  return ttl === undefined || field === 'none' ? {} : { [field]: ttl };
}
