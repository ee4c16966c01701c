// The operator's rules for an Operation, in its order, each with the text of its denial. The webhook asks all of them at
// every create and every update; the controller asks again whenever it looks at an Operation.

import { claimProblem } from './approval.ts';
import type { Clock } from './clock.ts';
import type { InFlight, InFlightOperation } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { at, equal, objectAt, text } from './json.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import type { Store } from './store.ts';
import { parameterProblem, templateOf } from './templates.ts';

const TARGET_KIND = 'ApplicationInstance';
const TARGET_API = 'apps.vworkspace.io/v1alpha1';

export interface Grounds {
  readonly store: Store;
  readonly inFlight: InFlight;
  readonly clock: Clock;
  readonly oldOperator: boolean;
  readonly approvalSecret: string;
}

const spec = (object: JsonObject, ...path: string[]): string => text(object, 'spec', ...path);
const namespaceOf = (object: JsonObject): string => text(object, 'metadata', 'namespace');

function shapeProblem(object: JsonObject): string {
  if (spec(object, 'targetRef', 'apiVersion') !== TARGET_API) return `spec.targetRef.apiVersion must be ${TARGET_API}`;
  if (spec(object, 'targetRef', 'kind') !== TARGET_KIND) return `spec.targetRef.kind must be ${TARGET_KIND}`;
  for (const path of [['targetRef', 'name'], ['type'], ['engine']]) {
    if (spec(object, ...path) === '') return `spec.${path.join('.')} is required`;
  }
  return '';
}

/** What an update may not change. */
export function immutableProblem(before: JsonObject, after: JsonObject): string {
  for (const field of ['targetRef', 'type', 'engine']) {
    if (!equal(at(before, 'spec', field), at(after, 'spec', field))) return `spec.${field} is immutable`;
  }
  const phase = text(before, 'status', 'phase');
  const started = phase !== '' && phase !== 'Pending';
  if (started && !equal(at(before, 'spec', 'parameters'), at(after, 'spec', 'parameters'))) {
    return `spec.parameters is immutable once the Operation is ${phase}`;
  }
  return '';
}

function typeProblem(store: Store, object: JsonObject): string {
  const type = spec(object, 'type');
  const namespace = namespaceOf(object);
  const allowed = text(
    store.get(NAMESPACES, '', namespace),
    'metadata',
    'annotations',
    'ops.vworkspace.io/allowed-types',
  );
  if (allowed === '' || allowed.split(',').some((each) => each.trim() === type)) return '';
  return `Operation type "${type}" is not allowed in namespace "${namespace}" (allowed: ${allowed})`;
}

function targetProblem(store: Store, object: JsonObject, annotation: string): string {
  const engine = spec(object, 'engine');
  const name = spec(object, 'targetRef', 'name');
  const target = store.get(shippedType('applicationinstances'), namespaceOf(object), name);
  if (target === undefined) return `target ${TARGET_KIND} "${namespaceOf(object)}/${name}" not found`;
  if (text(target, 'metadata', 'annotations', annotation) === engine) return '';
  return `target ${TARGET_KIND} "${name}" does not declare capability ${annotation}=${engine}`;
}

/** All but claim and conflicts: whether the Operation is one at all, and its target takes it. '' when all is well. */
export function formProblem({ store, oldOperator }: Grounds, object: JsonObject): string {
  const early = shapeProblem(object) || typeProblem(store, object);
  if (early !== '') return early;
  const template = templateOf(spec(object, 'type'), spec(object, 'engine'), oldOperator);
  if (template === undefined)
    return `no operation template for type "${spec(object, 'type')}" and engine "${spec(object, 'engine')}"`;
  return (
    targetProblem(store, object, template.capability) ||
    parameterProblem(template, objectAt(object, 'spec', 'parameters'))
  );
}

export function approvalProblem({ approvalSecret, clock }: Grounds, object: JsonObject): string {
  const claim = spec(object, 'approvals', 'claim');
  if (claim === '') return '';
  const why = claimProblem(claim, text(object, 'metadata', 'name'), approvalSecret, clock.now() / 1000);
  return why === '' ? '' : `approval claim is not valid: ${why}`;
}

/** Upgrade excludes Upgrade; a Restore waits for Upgrades and Backups; a Backup waits for Restores. */
const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  Upgrade: ['Upgrade'],
  Restore: ['Upgrade', 'Backup'],
  Backup: ['Restore'],
};

/** What is in flight beside the Operation for the same target. */
export const besides = ({ inFlight }: Pick<Grounds, 'inFlight'>, object: JsonObject): readonly InFlightOperation[] =>
  inFlight
    .of(namespaceOf(object), spec(object, 'targetRef', 'name'))
    .filter(({ name }) => name !== text(object, 'metadata', 'name'));

export function conflictProblem(grounds: Pick<Grounds, 'inFlight'>, object: JsonObject): string {
  const excluded = EXCLUDES[spec(object, 'type')] ?? [];
  const other = besides(grounds, object).find(({ type }) => excluded.includes(type));
  if (other === undefined) return '';
  return `conflicting Operation "${other.name}" (${other.type}) is in flight for target "${spec(object, 'targetRef', 'name')}"`;
}
