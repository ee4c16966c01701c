/**
 * The custom resource that an Operation becomes in its cluster: ops.vworkspace.io/v1alpha1, as vWorkspace's operator
 * accepts it. It is a function of the Operation and its cluster, so that applying it again changes nothing: an operator
 * looks again at whatever changes.
 *
 *   labels        those that every Operation of a control plane carries. And Velero's label that keeps the resource out
 *                 of backups: an Operation that a restore brings back without its status is run again
 *   annotations   the id of our Operation, so that the watch finds the record of a resource; and what its row would need
 *                 to be made again from the resource. None can be added to a resource later
 */
import { ttlFieldOf } from '../../acceptance/rules/accepted-parameters.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import { clip } from '../../kernel/rules/condition.ts';
import type { Operation } from './operation.ts';

export const fieldManager = 'vworkspace-control-plane';
const prefix = 'app.vworkspace.io';
export const operationIdAnnotation = `${prefix}/operation-id`;

/**
 * A decimal number that the record gives to each Operation, higher than to all before. A resource whose position is
 * higher than any in the record shows that the record was set back to an older state.
 */
export type RecordPosition = string;

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
  | ('id' | 'name' | 'namespace' | 'target' | 'type' | 'engine' | 'parameters' | 'ttl' | 'uid')
  | ('scheduleId' | 'scheduledFor' | 'requestedBy' | 'onBehalfOf' | 'requestId')
> & { readonly recordPosition?: RecordPosition | undefined };

export type ApplyingCluster = Pick<Cluster, 'name' | 'discovery'>;

/**
 * Two things of the cluster count: its name, for a label, and the parameter in which its operator accepts a ttl. `claim`
 * proves that a Restore was approved.
 */
export function manifestOf(operation: Described, cluster: ApplyingCluster, claim?: string): Manifest {
  const { name, namespace, target, type, engine, parameters, ttl, uid } = operation;
  return {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: {
      name,
      namespace,
      ...(uid !== undefined && { uid }),
      labels: {
        [`${prefix}/managed-by`]: 'control-plane',
        [`${prefix}/cluster-id`]: cluster.name,
        [`${prefix}/application-instance`]: target,
        'velero.io/exclude-from-backup': 'true',
      },
      annotations: annotationsOf(operation),
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

function annotationsOf(operation: Described): Readonly<Record<string, string>> {
  const { id, scheduleId, scheduledFor, requestedBy, onBehalfOf, requestId, recordPosition } = operation;
  const values = {
    'operation-id': id,
    'schedule-id': scheduleId,
    slot: scheduledFor,
    'requested-by': requestedBy,
    'on-behalf-of': onBehalfOf,
    'request-id': requestId,
    'record-position': recordPosition,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${prefix}/${name}`, annotationValue(value)]],
    ),
  );
}

/**
 * At most 512 bytes, in one line of printable text: every other character, and `%`, is escaped as in an address (`%0A`),
 * so that the value can be read back.
 */
function annotationValue(text: string): string {
  return clip(text, 512).replaceAll(/[%\p{C}\p{Zl}\p{Zp}]/gu, (character) => encodeURIComponent(character));
}

function sentTtl(ttl: string | undefined, cluster: Pick<Cluster, 'discovery'>): Readonly<Record<string, string>> {
  const field = ttlFieldOf(cluster);
  return ttl === undefined || field === 'none' ? {} : { [field]: ttl };
}
