/**
 * Every warning about an Operation that is accepted and yet may not do what its requester wants: by what the cluster
 * states of the application, and by what was last found out about the cluster. The cluster decides; a warning refuses
 * nothing.
 */
import { type ApplicationState, capabilityAnnotation } from '../../applications/rules/cluster-application.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import type { Discovery } from '../../clusters/rules/discovery.ts';
import type { Engine, OperationType } from '../../kernel/rules/operation-type.ts';
import { type CheckedCluster, ttlFieldOf } from './accepted-parameters.ts';

type Type = 'Backup' | 'Restore';

/** An Operation, and what it meets. */
export interface ProposedOperation {
  readonly type: Type;
  readonly engine?: Engine | undefined;
  /** With the application class's defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly instance: { readonly namespace: string; readonly name: string };
  readonly cluster: CheckedCluster;
  /** What the cluster states of the application; absent when it was never seen there. */
  readonly state?: ApplicationState | undefined;
}

/** What makes Operations of this kind unlikely to work, now and later. */
export function warningsFor(proposed: ProposedOperation): readonly string[] {
  const { type, engine = 'velero', instance, state } = proposed;
  return [...applicationWarnings(type, engine, instance, state), ...clusterWarnings(proposed)];
}

/** What delays or changes one Operation that is asked for at `now`. */
export function warningsNow(
  now: string,
  { parameters, instance }: Pick<ProposedOperation, 'parameters' | 'instance'>,
  cluster: Pick<Cluster, 'name' | 'conditions' | 'throttledUntil'>,
): readonly string[] {
  const warnings: string[] = [];
  if (parameters.csiSnapshotClassName !== undefined) {
    warnings.push(
      'parameters.csiSnapshotClassName is accepted by the operator but is no field of Velero: it has no effect there.',
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
      `The cluster ${cluster.name} cannot be reached (${unreachable.message}); the Operation is kept and delivered when it can.`,
    );
  }
  if (cluster.throttledUntil !== undefined && cluster.throttledUntil > now) {
    warnings.push(
      `The cluster ${cluster.name} asked to be left alone until ${cluster.throttledUntil}; the Operation is kept and delivered then.`,
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
    ...ofStorageLocation(parameters.storageLocation, type, discovery, name),
    ...ofSnapshotClass(parameters.snapshotClassName, discovery, name),
    ...ofNamespace(type, discovery, name, instance.namespace),
    ...(type === 'Backup' && ttlFieldOf(cluster) === 'none'
      ? [`The operator of ${name} takes no time to live: Velero's own default (30 days) applies.`]
      : []),
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
    return [`The storage location ${location} of ${cluster} is Unavailable${why}: backups to it fail until it is.`];
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
  const { items, truncated, status } = namespaces;
  if (items === undefined || status !== 'Known') return [];
  const known = items.find((item) => item.name === namespace);
  if (known === undefined) {
    if (truncated === true) return [];
    return [
      `The namespace ${namespace} of ${cluster} is not open to the operator (label app.vworkspace.io/managed-by=vworkspace).`,
    ];
  }
  return known.allowedTypes === undefined || known.allowedTypes.includes(type)
    ? []
    : [`The namespace ${namespace} of ${cluster} allows ${known.allowedTypes.join(', ')}, not ${type}.`];
}
