/**
 * The warnings about an Operation that is accepted, but probably does not do what its requester wants. They follow from
 * the state of the application that its cluster reports, and from the results of the cluster's last check. A warning
 * refuses nothing, because the cluster decides.
 */
import { type ApplicationState, capabilityAnnotation } from '../../applications/rules/cluster-application.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import type { Discovery } from '../../clusters/rules/discovery.ts';
import type { Engine, OperationType } from '../../kernel/rules/operation-type.ts';
import { type CheckedCluster, ttlFieldOf } from './accepted-parameters.ts';

type Type = 'Backup' | 'Restore';

/** An Operation that is not made yet, with the cluster and application that it is for. */
export interface ProposedOperation {
  readonly type: Type;
  readonly engine?: Engine | undefined;
  /** With the application class's defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly instance: { readonly namespace: string; readonly name: string };
  readonly cluster: CheckedCluster;
  /** The reported state of the application; absent when the cluster's watch has never seen it. */
  readonly state?: ApplicationState | undefined;
}

/** Warnings that hold for every Operation like this one, now and later. */
export function warningsFor(proposed: ProposedOperation): readonly string[] {
  const { type, engine = 'velero', instance, state } = proposed;
  return [...applicationWarnings(type, engine, instance, state), ...clusterWarnings(proposed)];
}

/** Warnings that hold only for this one Operation, requested at `now`. */
export function warningsNow(
  now: string,
  { parameters, instance }: Pick<ProposedOperation, 'parameters' | 'instance'>,
  cluster: Pick<Cluster, 'name' | 'conditions' | 'throttledUntil'>,
): readonly string[] {
  const warnings: string[] = [];
  if (parameters.csiSnapshotClassName !== undefined) {
    warnings.push(
      'The operator accepts parameters.csiSnapshotClassName, but Velero has no such field: it has no effect.',
    );
  }
  const mapped = namespacesIn(parameters.namespaceMapping);
  if (mapped !== undefined && !mapped.includes(instance.namespace)) {
    warnings.push(
      `namespaceMapping maps to ${mapped.join(', ')}, but the Operation's target is in ${instance.namespace}.`,
    );
  }
  const unreachable = cluster.conditions.find(({ type, status }) => type === 'Reachable' && status === 'False');
  if (unreachable !== undefined) {
    warnings.push(
      `The cluster ${cluster.name} cannot be reached (${unreachable.message}); the service keeps the Operation and delivers it once it can.`,
    );
  }
  if (cluster.throttledUntil !== undefined && cluster.throttledUntil > now) {
    warnings.push(
      `The cluster ${cluster.name} asked for a pause until ${cluster.throttledUntil}; the service keeps the Operation and delivers it then.`,
    );
  }
  return warnings;
}

function namespacesIn(mapping: unknown): readonly string[] | undefined {
  return typeof mapping === 'object' && mapping !== null ? Object.values(mapping).map(String) : undefined;
}

function applicationWarnings(
  type: OperationType,
  engine: Engine,
  { namespace, name }: ProposedOperation['instance'],
  state: ApplicationState | undefined,
): readonly string[] {
  if (state === undefined) return [];
  const place = `${namespace}/${name}`;
  if (state.goneAt !== undefined)
    return [`The cluster has had no ApplicationInstance ${place} since ${state.goneAt}; it refuses Operations on it.`];
  if (state.capabilities[type.toLowerCase()] === engine) return [];
  return [
    `The ApplicationInstance ${place} does not carry the annotation ${capabilityAnnotation(type)}=${engine}; without it the operator refuses a ${type}.`,
  ];
}

function clusterWarnings({ type, parameters, cluster, instance }: ProposedOperation): readonly string[] {
  const { discovery, name } = cluster;
  if (discovery === undefined) return [];
  return [
    ...ofCustomResource(discovery, name),
    ...ofStorageLocation(parameters.storageLocation, type, discovery, name),
    ...ofSnapshotClass(parameters.snapshotClassName, discovery, name),
    ...ofNamespace(type, discovery, name, instance.namespace),
    ...(type === 'Backup' && ttlFieldOf(cluster) === 'none'
      ? [`The operator of ${name} accepts no time to live: Velero's own default (30 days) applies.`]
      : []),
  ];
}

function ofCustomResource({ customResources: { status, items, checkedAt } }: Discovery, cluster: string): string[] {
  const versions = items?.find(({ resource }) => resource === 'operations')?.versions;
  if (status !== 'Known' || versions === undefined || versions.includes('v1alpha1')) return [];
  return [
    `The cluster ${cluster} does not serve ops.vworkspace.io/v1alpha1 operations (checked ${checkedAt}), so it takes none. Install the vWorkspace operator there, and check the cluster (checkCluster).`,
  ];
}

function ofStorageLocation(wanted: unknown, type: Type, { storageLocations }: Discovery, cluster: string): string[] {
  const { items, truncated } = storageLocations;
  if (items === undefined || storageLocations.status !== 'Known' || type !== 'Backup') return [];
  const location = typeof wanted === 'string' ? wanted : 'default';
  const known = items.find((item) => item.name === location);
  if (known === undefined) {
    if (truncated === true) return [];
    const there = items.length === 0 ? 'It has none.' : `It has ${items.map((item) => item.name).join(', ')}.`;
    return [`The cluster ${cluster} has no storage location ${location}. ${there}`];
  }
  if (known.phase === 'Unavailable') {
    const why = known.message === undefined ? '' : ` (${known.message})`;
    return [
      `The storage location ${location} of ${cluster} is Unavailable${why}: backups to it fail until it is Available.`,
    ];
  }
  return known.accessMode === 'ReadOnly'
    ? [`The storage location ${location} of ${cluster} is ReadOnly: it takes no backups.`]
    : [];
}

function ofSnapshotClass(wanted: unknown, { volumeSnapshotClasses }: Discovery, cluster: string): string[] {
  const { items, truncated, status } = volumeSnapshotClasses;
  if (typeof wanted !== 'string' || items === undefined || status === 'Unknown' || truncated === true) return [];
  if (items.some((item) => item.name === wanted)) return [];
  const there = items.length === 0 ? 'It has none.' : `It has ${items.map((item) => item.name).join(', ')}.`;
  return [`The cluster ${cluster} has no VolumeSnapshotClass ${wanted}. ${there}`];
}

function ofNamespace(type: Type, { namespaces }: Discovery, cluster: string, namespace: string): string[] {
  const { items, truncated, status, closed, checkedAt } = namespaces;
  if (items === undefined || status !== 'Known') return [];
  const known = items.find((item) => item.name === namespace);
  if (known === undefined) {
    if (truncated === true && !(closed ?? []).includes(namespace)) return [];
    return [
      `The namespace ${namespace} of ${cluster} is not open to the operator (checked ${checkedAt}), which then leaves the Operation alone. Give the namespace the labels app.vworkspace.io/managed-by=vworkspace and managed-by=vworkspace, and check the cluster (checkCluster).`,
    ];
  }
  return known.allowedTypes === undefined || known.allowedTypes.includes(type)
    ? []
    : [`The namespace ${namespace} of ${cluster} allows ${known.allowedTypes.join(', ')}, not ${type}.`];
}
