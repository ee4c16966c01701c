/** What an operator lets through and what it makes of an Operation, as rules without effects. */
import type { Resource } from '../cluster/client.ts';

export const veleroNamespace = 'velero';
export const finalizer = 'ops.vworkspace.io/finalizer';
/** On what was made for an Operation; its value is the uid. */
export const operationLabel = 'ops.vworkspace.io/operation';
export const ended: readonly string[] = ['Succeeded', 'Failed', 'Cancelled'];

type Kind = 'string' | 'boolean' | 'strings' | 'map';

/** A closed list: what is not in it is refused. */
const parameters: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  Backup: {
    ...{ retention: 'string', ttl: 'string', storageLocation: 'string', snapshotVolumes: 'boolean' },
    ...{ snapshotClassName: 'string', csiSnapshotClassName: 'string' },
    ...{ includedResources: 'strings', excludedResources: 'strings' },
  },
  Restore: {
    ...{ backupName: 'string', namespaceMapping: 'map', restorePVs: 'boolean', existingResourcePolicy: 'string' },
    ...{ includedResources: 'strings', excludedResources: 'strings' },
  },
};

/** By the type of the Operation that comes: the types in flight for its target that it must not meet. */
const conflicts: Readonly<Record<string, readonly string[]>> = { Backup: ['Restore'], Restore: ['Backup', 'Upgrade'] };

export interface Surroundings {
  /** The target's ApplicationInstance, if there is one. */
  readonly target: Resource | undefined;
  /** All Operations of the namespace. */
  readonly others: readonly Resource[];
}

/** Why an Operation is denied; undefined when it is let through. Each UPDATE is asked again, whoever makes it. */
export function denial(operation: Resource, before: Resource | undefined, around: Surroundings): string | undefined {
  const { spec } = operation;
  for (const field of ['targetRef', 'type', 'engine']) {
    if (before !== undefined && JSON.stringify(before.spec[field]) !== JSON.stringify(spec[field]))
      return `spec.${field} is immutable`;
  }
  const known = spec.engine === 'velero' ? parameters[spec.type] : undefined;
  if (known === undefined) return `no operation template for type "${spec.type}" and engine "${spec.engine}"`;
  const { name } = spec.targetRef;
  if (around.target === undefined) return `target ApplicationInstance "${name}" not found`;
  const capability = `ops.vworkspace.io/${spec.type.toLowerCase()}`;
  if (around.target.metadata.annotations?.[capability] !== spec.engine)
    return `target ApplicationInstance "${name}" does not declare capability ${capability}=${spec.engine}`;
  if (spec.type === 'Restore' && !spec.parameters?.backupName) return 'parameters.backupName is required';
  for (const [field, value] of Object.entries(spec.parameters ?? {})) {
    const kind = known[field];
    if (kind === undefined) return `parameters.${field}: Additional property ${field} is not allowed`;
    if (!fits(kind, value)) return `parameters.${field}: Invalid type. Expected: ${kind}`;
  }
  const other = conflictOf(operation, around.others);
  return (
    other && `conflicting Operation "${other.metadata.name}" (${other.spec.type}) is in flight for target "${name}"`
  );
}

/** Another one of the same target, in flight, that excludes this one. */
export function conflictOf(operation: Resource, others: readonly Resource[]): Resource | undefined {
  const excluded = conflicts[operation.spec.type] ?? [];
  return others.find(
    (other) =>
      other.metadata.uid !== operation.metadata.uid &&
      other.metadata.namespace === operation.metadata.namespace &&
      other.spec.targetRef.name === operation.spec.targetRef.name &&
      excluded.includes(other.spec.type) &&
      !ended.includes(other.status?.phase),
  );
}

function fits(kind: Kind, value: unknown): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (kind === 'map') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

/** The velero Backup or Restore of an Operation, which has its name. */
export function materialized(operation: Resource): Resource {
  const { backupName, namespaceMapping, restorePVs, existingResourcePolicy, ...given } =
    operation.spec.parameters ?? {};
  const { includedResources, excludedResources } = given;
  const isRestore = operation.spec.type === 'Restore';
  const backup = {
    includedNamespaces: [operation.metadata.namespace],
    storageLocation: given.storageLocation ?? 'default',
    ttl: given.retention ?? given.ttl ?? '720h0m0s',
    snapshotVolumes: given.snapshotVolumes,
    defaultVolumesToFsBackup: false,
    includedResources,
  };
  const restore = {
    ...{ backupName, namespaceMapping, restorePVs, existingResourcePolicy },
    includedResources: includedResources ?? ['*'],
  };
  return {
    apiVersion: 'velero.io/v1',
    kind: operation.spec.type,
    metadata: {
      name: operation.metadata.name,
      namespace: veleroNamespace,
      labels: { [operationLabel]: operation.metadata.uid },
    },
    spec: { ...(isRestore ? restore : backup), excludedResources },
  };
}

export interface Told {
  readonly phase: string;
  readonly conditions: readonly (readonly [type: string, status: boolean, reason: string, message?: string])[];
}

/** What the operator says of an Operation whose engine is in this phase. A partial failure ends as a failure. */
export function toldOf(enginePhase: string): Told {
  const accepted = ['Accepted', true, 'AdmissionPassed'] as const;
  if (enginePhase === 'Completed')
    return {
      phase: 'Succeeded',
      conditions: [accepted, ['Running', false, 'EngineStarted'], ['Succeeded', true, 'EngineCompleted']],
    };
  if (enginePhase === 'Failed' || enginePhase === 'PartiallyFailed')
    return {
      phase: 'Failed',
      conditions: [accepted, ['Running', false, 'EngineStarted'], ['Failed', true, 'EngineFailed', enginePhase]],
    };
  return { phase: 'Running', conditions: [accepted, ['Running', true, 'EngineStarted']] };
}

/** The status with what is told; a condition keeps its transition while its status stays. */
export function withTold(status: Resource, told: Told, generation: number, at: string): Resource {
  const conditions = new Map<string, Resource>(
    (status?.conditions ?? []).map((condition: Resource) => [condition.type, condition]),
  );
  for (const [type, isTrue, reason, message = ''] of told.conditions) {
    const was = conditions.get(type);
    const now = isTrue ? 'True' : 'False';
    const lastTransitionTime = was?.status === now ? was.lastTransitionTime : at;
    conditions.set(type, { type, status: now, reason, message, lastTransitionTime, observedGeneration: generation });
  }
  return { ...status, phase: told.phase, conditions: [...conditions.values()] };
}
