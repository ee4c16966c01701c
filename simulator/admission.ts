// Admission: the operator's validating webhook, asked at every create and every update of an Operation (the removal of a
// finalizer is one), and the quota plugin. Status is a resource of its own, which the webhook does not see.

import type { Grounds } from './checks.ts';
import { approvalProblem, conflictProblem, formProblem, immutableProblem } from './checks.ts';
import type { Faults } from './faults.ts';
import type { Admission, AdmissionRequest } from './objects.ts';
import { internalError, quotaExceeded, webhookDenied } from './status.ts';
import { VELERO_NAMESPACE } from './upkeep.ts';

const WEBHOOK = 'voperation.kb.io';
const SERVICE = 'https://vworkspace-operator-webhook.vworkspace-system.svc:443/validate?timeout=10s';

/** `none`: the chart's default, nothing is registered and nothing checked; `down`: registered, and nobody answers. */
export type WebhookState = 'none' | 'up' | 'down';

export interface AdmissionSettings extends Grounds {
  readonly faults: Faults;
  readonly webhook: () => WebhookState;
}

function problemOf(settings: AdmissionSettings, { object, before }: AdmissionRequest): string {
  return (
    (before === undefined ? '' : immutableProblem(before, object)) ||
    formProblem(settings, object) ||
    approvalProblem(settings, object) ||
    conflictProblem(settings, object)
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

const unreachable = (why: string, afterMs?: number): Error =>
  internalError(`failed calling webhook "${WEBHOOK}": failed to call webhook: Post "${SERVICE}": ${why}`, afterMs);

function askWebhook(settings: AdmissionSettings, request: AdmissionRequest): void {
  const state = settings.webhook();
  if (state === 'none') return;
  const target = {
    verb: request.operation.toLowerCase(),
    resource: 'operations',
    namespace: request.namespace,
    name: request.name,
  };
  const down = settings.faults.take('webhookDown', target);
  if (down !== undefined) throw unreachable(down.message ?? 'context deadline exceeded', down.afterMs);
  if (state === 'down') throw unreachable('dial tcp 10.96.0.17:443: connect: connection refused');
  const problem = settings.faults.take('deny', target)?.message ?? problemOf(settings, request);
  if (problem !== '') throw webhookDenied(WEBHOOK, problem);
}
