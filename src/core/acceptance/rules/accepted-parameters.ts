/**
 * Which parameters a cluster's operator accepts, as the last check found it. A request with a parameter that the
 * operator is known not to accept is refused before anything is sent, and the refusal says what to do. Nothing else is
 * refused: the last check may be out of date, so everything that may still succeed is a warning (warnings.ts).
 */
import type { Discovery } from '../../clusters/rules/discovery.ts';
import { type FieldError, Refusal, ruleViolated } from '../../kernel/rules/problem.ts';

/** A cluster with the results of its checks; absent before the first one. */
export interface CheckedCluster {
  readonly name: string;
  readonly discovery?: Discovery | undefined;
}
type Type = 'Backup' | 'Restore';

/**
 * The parameter that carries the time to live. Operators before about 0.0.7 know only `retention`, which means the
 * same.
 */
export type TtlField = 'ttl' | 'retention' | 'none';

export function ttlFieldOf(cluster: Pick<CheckedCluster, 'discovery'>): TtlField {
  const accepted = cluster.discovery?.acceptedParameters.backup;
  if (accepted === undefined || accepted.includes('ttl')) return 'ttl';
  return accepted.includes('retention') ? 'retention' : 'none';
}

export interface WantedParameters {
  readonly type: Type;
  readonly parameters: object;
  /** Those of the request or schedule itself; the others come from the application class. */
  readonly given: object;
  /** Whether the request or schedule itself gives a time to live. */
  readonly ttlGiven: boolean;
  /** Where the parameters are in the request's body. */
  readonly pointer: '/parameters' | '/template/parameters';
}

/** A parameter that the operator is known not to accept. */
export interface Unaccepted {
  /** The name of the parameter; `ttl` for a time to live. */
  readonly field: string;
  readonly from: 'Request' | 'ApplicationClass';
  /** The rule that it breaks, with the name of the cluster. */
  readonly rule: string;
}

export function unaccepted(
  { type, parameters, given, ttlGiven }: Omit<WantedParameters, 'pointer'>,
  cluster: CheckedCluster,
): readonly Unaccepted[] {
  const part = cluster.discovery?.acceptedParameters;
  const accepted = type === 'Backup' ? part?.backup : part?.restore;
  if (accepted === undefined) return [];
  const checked = `(checked ${part?.checkedAt ?? 'before'})`;
  const found: Unaccepted[] = Object.keys(parameters)
    .filter((field) => !accepted.includes(field))
    .map((field) => ({
      field,
      from: Object.hasOwn(given, field) ? 'Request' : 'ApplicationClass',
      rule: `The operator of the cluster ${cluster.name} does not accept it ${checked}`,
    }));
  if (type === 'Backup' && ttlGiven && ttlFieldOf(cluster) === 'none') {
    const rule = `The operator of the cluster ${cluster.name} accepts no time to live, neither as ttl nor as retention ${checked}`;
    found.push({ field: 'ttl', from: 'Request', rule });
  }
  return found;
}

/** With the place of each in the request's body, and what to do. */
export function unacceptedErrors(wanted: WantedParameters, cluster: CheckedCluster): readonly FieldError[] {
  return unaccepted(wanted, cluster).map(({ field, from, rule }) => ({
    pointer: field === 'ttl' ? '/ttl' : `${wanted.pointer}/${field}`,
    detail: `${rule}; ${from === 'Request' ? 'leave it out' : removeFromClass}, ${orUpdate}.`,
  }));
}

export const removeFromClass = "it comes from the application class's defaultParameters: remove it there";
export const orUpdate = 'or update the operator and check the cluster';

/** Every Operation keeps its parameters, so those of a schedule are stored again with each fire. */
const maxParametersLength = 32_768;

/**
 * Throws the Refusal `rule-violated` when the operator is known not to accept all parameters, or they are too large.
 */
export function refuseUnaccepted(wanted: WantedParameters, cluster: CheckedCluster): void {
  if (JSON.stringify(wanted.given).length > maxParametersLength)
    throw ruleViolated(wanted.pointer, `must be at most ${maxParametersLength / 1024} KiB as JSON.`);
  const errors = unacceptedErrors(wanted, cluster);
  if (errors.length > 0)
    throw new Refusal('rule-violated', `The operator of the cluster ${cluster.name} does not accept all parameters.`, {
      errors,
    });
}

/** For a schedule that exists already: a refusal becomes a warning. */
export function refusalsAsWarnings(errors: readonly FieldError[]): readonly string[] {
  return errors.map(({ pointer, detail }) => `Its backups will be refused (${pointer.slice(1)}). ${detail}`);
}
