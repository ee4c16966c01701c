/**
 * What a cluster makes of an Operation before it is sent there. What its operator is known not to accept is refused,
 * with what to do; what may yet come true, such as a storage location that is not there, is a warning.
 */
import type { Discovery } from '../../clusters/rules/discovery.ts';
import { type FieldError, Refusal } from '../../kernel/rules/problem.ts';

/** A cluster, as far as it was found out about. */
export interface Described {
  readonly name: string;
  readonly discovery?: Discovery | undefined;
}
type Type = 'Backup' | 'Restore';

/** How the ttl reaches the operator: operators before about 0.0.7 know only `retention`, which means the same. */
export type TtlField = 'ttl' | 'retention' | 'none';

export function ttlFieldOf(cluster: Pick<Described, 'discovery'>): TtlField {
  const accepted = cluster.discovery?.acceptedParameters.backup;
  if (accepted === undefined || accepted.includes('ttl')) return 'ttl';
  return accepted.includes('retention') ? 'retention' : 'none';
}

export interface Wanted {
  readonly type: Type;
  readonly parameters: object;
  /** Those that are asked for as such; the others come from the application class. */
  readonly given: object;
  /** Whether a time to live is asked for as such. */
  readonly ttlGiven: boolean;
  /** Where the parameters are in the request's body. */
  readonly pointer: '/parameters' | '/template/parameters';
}

/** Something that the operator is known not to accept. */
export interface Unaccepted {
  /** The name of a parameter; `ttl` for a time to live that was asked for as such. */
  readonly field: string;
  readonly from: 'Asked' | 'ApplicationClass';
  /** The rule, with the cluster's name. */
  readonly says: string;
}

export function unaccepted(
  { type, parameters, given, ttlGiven }: Omit<Wanted, 'pointer'>,
  cluster: Described,
): readonly Unaccepted[] {
  const part = cluster.discovery?.acceptedParameters;
  const accepted = type === 'Backup' ? part?.backup : part?.restore;
  if (accepted === undefined) return [];
  const foundOut = `(found out ${part?.checkedAt ?? 'before'})`;
  const found: Unaccepted[] = Object.keys(parameters)
    .filter((field) => !accepted.includes(field))
    .map((field) => ({
      field,
      from: Object.hasOwn(given, field) ? 'Asked' : 'ApplicationClass',
      says: `The operator of the cluster ${cluster.name} does not accept it ${foundOut}`,
    }));
  if (type === 'Backup' && ttlGiven && ttlFieldOf(cluster) === 'none') {
    const says = `The operator of the cluster ${cluster.name} accepts no time to live, neither as ttl nor as retention ${foundOut}`;
    found.push({ field: 'ttl', from: 'Asked', says });
  }
  return found;
}

/** Where each is in the request's body, and what to do. */
export function unacceptedErrors(wanted: Wanted, cluster: Described): readonly FieldError[] {
  return unaccepted(wanted, cluster).map(({ field, from, says }) => ({
    pointer: field === 'ttl' ? '/ttl' : `${wanted.pointer}/${field}`,
    detail: `${says}; ${from === 'Asked' ? 'leave it out' : removeFromClass}, ${orUpdate}.`,
  }));
}

export const removeFromClass = "it comes from the application class's defaultParameters: remove it there";
export const orUpdate = 'or update the operator and check the cluster';

/** Throws the Refusal `rule-violated` for parameters that the cluster's operator is known not to accept. */
export function refuseUnaccepted(wanted: Wanted, cluster: Described): void {
  const errors = unacceptedErrors(wanted, cluster);
  if (errors.length > 0)
    throw new Refusal('rule-violated', `The operator of the cluster ${cluster.name} does not accept all parameters.`, {
      errors,
    });
}

/** What the cluster was last found to be makes this unlikely to work. */
export function forebodings(
  { type, parameters }: { type: Type; parameters: Readonly<Record<string, unknown>> },
  cluster: Described,
  namespace: string,
): readonly string[] {
  const { discovery, name } = cluster;
  if (discovery === undefined) return [];
  return [
    ...ofStorageLocation(parameters.storageLocation, type, discovery, name),
    ...ofSnapshotClass(parameters.snapshotClassName, discovery, name),
    ...ofNamespace(type, discovery, name, namespace),
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
