/**
 * Which parameters a cluster's operator accepts. A parameter that the operator is known not to accept is refused before
 * anything is sent, and the refusal says what to do. Everything that may still come true is a warning (warnings.ts).
 */
import type { Discovery } from '../../clusters/rules/discovery.ts';
import { type FieldError, Refusal } from '../../kernel/rules/problem.ts';

/** A cluster, as far as it was looked at. */
export interface CheckedCluster {
  readonly name: string;
  readonly discovery?: Discovery | undefined;
}
type Type = 'Backup' | 'Restore';

/** How the ttl reaches the operator: operators before about 0.0.7 know only `retention`, which means the same. */
export type TtlField = 'ttl' | 'retention' | 'none';

export function ttlFieldOf(cluster: Pick<CheckedCluster, 'discovery'>): TtlField {
  const accepted = cluster.discovery?.acceptedParameters.backup;
  if (accepted === undefined || accepted.includes('ttl')) return 'ttl';
  return accepted.includes('retention') ? 'retention' : 'none';
}

export interface WantedParameters {
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
  { type, parameters, given, ttlGiven }: Omit<WantedParameters, 'pointer'>,
  cluster: CheckedCluster,
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
export function unacceptedErrors(wanted: WantedParameters, cluster: CheckedCluster): readonly FieldError[] {
  return unaccepted(wanted, cluster).map(({ field, from, says }) => ({
    pointer: field === 'ttl' ? '/ttl' : `${wanted.pointer}/${field}`,
    detail: `${says}; ${from === 'Asked' ? 'leave it out' : removeFromClass}, ${orUpdate}.`,
  }));
}

export const removeFromClass = "it comes from the application class's defaultParameters: remove it there";
export const orUpdate = 'or update the operator and check the cluster';

/** Throws the Refusal `rule-violated` for parameters that the cluster's operator is known not to accept. */
export function refuseUnaccepted(wanted: WantedParameters, cluster: CheckedCluster): void {
  const errors = unacceptedErrors(wanted, cluster);
  if (errors.length > 0)
    throw new Refusal('rule-violated', `The operator of the cluster ${cluster.name} does not accept all parameters.`, {
      errors,
    });
}

/** Of an Operation that exists already: a refusal becomes a warning. */
export function refusalsAsWarnings(errors: readonly FieldError[]): readonly string[] {
  return errors.map(({ pointer, detail }) => `Its backups will be refused (${pointer.slice(1)}). ${detail}`);
}
