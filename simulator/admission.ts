// The operator's validating webhook: the rules for an Operation, in the operator's order, and the text of each denial.

import { claimProblem } from './approval.ts';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { InFlight } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { at, equal, objectAt, text } from './json.ts';
import type { Admission, AdmissionRequest } from './objects.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import { internalError, quotaExceeded, webhookDenied } from './status.ts';
import type { Store } from './store.ts';
import { parameterProblem, templateOf } from './templates.ts';
import { VELERO_NAMESPACE } from './velero.ts';

const WEBHOOK = 'voperation.kb.io';
const TARGET_KIND = 'ApplicationInstance';
const TARGET_API = 'apps.vworkspace.io/v1alpha1';

export interface AdmissionSettings {
  readonly store: Store;
  readonly inFlight: InFlight;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly oldOperator: boolean;
  readonly approvalSecret: string;
}

const spec = (object: JsonObject, ...path: string[]): string => text(object, 'spec', ...path);

function shapeProblem(object: JsonObject): string {
  if (spec(object, 'targetRef', 'apiVersion') !== TARGET_API) return `spec.targetRef.apiVersion must be ${TARGET_API}`;
  if (spec(object, 'targetRef', 'kind') !== TARGET_KIND) return `spec.targetRef.kind must be ${TARGET_KIND}`;
  for (const path of [['targetRef', 'name'], ['type'], ['engine']]) {
    if (spec(object, ...path) === '') return `spec.${path.join('.')} is required`;
  }
  return '';
}

function immutableProblem(before: JsonObject, after: JsonObject): string {
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

function targetProblem(settings: AdmissionSettings, request: AdmissionRequest, annotation: string): string {
  const { store } = settings;
  const engine = spec(request.object, 'engine');
  const name = spec(request.object, 'targetRef', 'name');
  const target = store.get(shippedType('applicationinstances'), request.namespace, name);
  if (target === undefined) return `target ${TARGET_KIND} "${request.namespace}/${name}" not found`;
  if (text(target, 'metadata', 'annotations', annotation) === engine) return '';
  return `target ${TARGET_KIND} "${name}" does not declare capability ${annotation}=${engine}`;
}

function approvalProblem(settings: AdmissionSettings, request: AdmissionRequest): string {
  const claim = spec(request.object, 'approvals', 'claim');
  if (claim === '') return '';
  const why = claimProblem(claim, request.name, settings.approvalSecret, settings.clock.now() / 1000);
  return why === '' ? '' : `approval claim is not valid: ${why}`;
}

/** Upgrade excludes Upgrade; a Restore waits for Upgrades and Backups; a Backup waits for Restores. */
const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  Upgrade: ['Upgrade'],
  Restore: ['Upgrade', 'Backup'],
  Backup: ['Restore'],
};

function conflictProblem(settings: AdmissionSettings, request: AdmissionRequest): string {
  const type = spec(request.object, 'type');
  const target = spec(request.object, 'targetRef', 'name');
  const other = settings.inFlight
    .of(request.namespace, target)
    .find((each) => each.name !== request.name && (EXCLUDES[type] ?? []).includes(each.type));
  return other === undefined
    ? ''
    : `conflicting Operation "${other.name}" (${other.type}) is in flight for target "${target}"`;
}

function problemOf(settings: AdmissionSettings, request: AdmissionRequest): string {
  const { object, before, namespace } = request;
  if (before !== undefined) {
    if (equal(before.spec, object.spec) || at(object, 'metadata', 'deletionTimestamp') !== undefined) return '';
    const changed = immutableProblem(before, object);
    if (changed !== '') return changed;
  }
  const shape = shapeProblem(object);
  if (shape !== '') return shape;
  const type = spec(object, 'type');
  const engine = spec(object, 'engine');
  const allowed = text(
    settings.store.get(NAMESPACES, '', namespace),
    'metadata',
    'annotations',
    'ops.vworkspace.io/allowed-types',
  );
  if (allowed !== '' && !allowed.split(',').some((each) => each.trim() === type)) {
    return `Operation type "${type}" is not allowed in namespace "${namespace}" (allowed: ${allowed})`;
  }
  const template = templateOf(type, engine, settings.oldOperator);
  if (template === undefined) return `no operation template for type "${type}" and engine "${engine}"`;
  return (
    targetProblem(settings, request, template.capability) ||
    parameterProblem(template, objectAt(object, 'spec', 'parameters')) ||
    approvalProblem(settings, request) ||
    (before === undefined ? conflictProblem(settings, request) : '')
  );
}

/** Counts what the namespace holds, as the quota plugin does, which comes after the webhooks. */
function checkQuota({ faults, store }: AdmissionSettings, { type, namespace, name }: AdmissionRequest): void {
  const quota = faults.take('quota', { verb: 'create', resource: type.plural, namespace, name });
  if (quota === undefined) return;
  const used = store.list(type, namespace).length;
  if (used >= (quota.limit ?? 0)) throw quotaExceeded(type, name, used, quota.limit ?? 0);
}

export function admissionOf(settings: AdmissionSettings): Admission {
  return (request) => {
    if (request.type.plural === 'operations' && request.operation !== 'DELETE') askWebhook(settings, request);
    const velero = request.namespace === VELERO_NAMESPACE;
    if (request.operation === 'CREATE' && request.type.namespaced && !velero) checkQuota(settings, request);
  };
}

function askWebhook(settings: AdmissionSettings, request: AdmissionRequest): void {
  const target = {
    verb: request.operation.toLowerCase(),
    resource: 'operations',
    namespace: request.namespace,
    name: request.name,
  };
  const down = settings.faults.take('webhookDown', target);
  if (down !== undefined) {
    const why = down.message ?? 'context deadline exceeded';
    throw internalError(
      `failed calling webhook "${WEBHOOK}": failed to call webhook: Post "https://vworkspace-operator-webhook.vworkspace-system.svc:443/validate?timeout=10s": ${why}`,
      down.afterMs,
    );
  }
  const problem = settings.faults.take('deny', target)?.message ?? problemOf(settings, request);
  if (problem !== '') throw webhookDenied(WEBHOOK, problem);
}
