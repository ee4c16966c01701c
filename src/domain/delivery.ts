/**
 * What follows from a cluster's answer to an apply or a delete. The answer is sorted once, here:
 *
 *   done     the resource is there (or gone)
 *   retry    network, time-outs, 429, 5xx: again later, with back-off; Retry-After is kept
 *   hold     credentials refused: the cluster's matter, not the Operation's; nothing is burnt
 *   refuse   403, 404, 409, 422, a webhook's denial: the Operation fails with the cluster's words
 */
import { type Condition, clip, withCondition } from './condition.ts';
import type { NewEvent } from './event.ts';
import { type DeliveryAction, isTerminal, type Operation } from './operation.ts';

export type ClusterFailure =
  | { readonly kind: 'Unreachable'; readonly message: string }
  | { readonly kind: 'Throttled'; readonly message: string; readonly retryAfterSeconds?: number | undefined }
  | { readonly kind: 'ServerError'; readonly message: string; readonly retryAfterSeconds?: number | undefined }
  | { readonly kind: 'CredentialsRejected'; readonly message: string }
  | { readonly kind: 'Refused'; readonly status: number; readonly reason: string; readonly message: string };

export type ClusterAnswer =
  | { readonly kind: 'Applied'; readonly uid: string; readonly warnings: readonly string[] }
  | { readonly kind: 'Deleted' }
  | { readonly kind: 'Absent' }
  | ClusterFailure;

/** An Operation after an answer. `owed` is what we owe the cluster now; with `retryAt` it is owed not before then. */
export interface DeliveryStep {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  readonly retryAt?: string | undefined;
  readonly events: readonly NewEvent[];
}

const firstDelaySeconds = 1;
const maxDelaySeconds = 60;

/** Exponential back-off from 1 s to 60 s with full jitter over its upper half; `chance` is in [0, 1). */
export function backOffSeconds(attempts: number, chance: number): number {
  const ceiling = Math.min(maxDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts, 10));
  return ceiling * (0.5 + chance / 2);
}

export interface Attempt {
  readonly operation: Operation;
  readonly action: DeliveryAction;
  readonly attempts: number;
}

export function decideDelivery(attempt: Attempt, answer: ClusterAnswer, now: string, chance: number): DeliveryStep {
  switch (answer.kind) {
    case 'Applied':
      return applied(attempt.operation, answer.uid, answer.warnings, now);
    case 'Deleted':
      return deleted(attempt, now);
    case 'Absent':
      return absent(attempt, now);
    case 'Refused':
      return refused(attempt, answer, now);
    case 'CredentialsRejected':
      return retry(attempt, 'CredentialsRejected', answer.message, now, maxDelaySeconds);
    case 'Unreachable':
      return retry(attempt, 'Unreachable', answer.message, now, backOffSeconds(attempt.attempts, chance));
    case 'Throttled':
    case 'ServerError': {
      const wait = answer.retryAfterSeconds ?? 0;
      return retry(attempt, answer.kind, answer.message, now, Math.max(wait, backOffSeconds(attempt.attempts, chance)));
    }
  }
}

function delivered(status: Condition['status'], reason: string, message: string, now: string): Condition {
  return { type: 'Delivered', status, reason, message: clip(message), lastTransitionTime: now };
}

function event(operation: Operation, type: NewEvent['type'], reason: string, message: string, at: string): NewEvent {
  const { organizationId, clusterId, applicationInstanceId, scheduleId, id } = operation;
  return {
    organizationId,
    clusterId,
    applicationInstanceId,
    operationId: id,
    ...(scheduleId !== undefined && { scheduleId }),
    type,
    reason,
    message: clip(message),
    at,
  };
}

function applied(operation: Operation, uid: string, warnings: readonly string[], now: string): DeliveryStep {
  const cancelled = operation.cancelRequestedAt !== undefined && !isTerminal(operation.phase);
  return {
    operation: {
      ...operation,
      uid,
      deliveredAt: operation.deliveredAt ?? now,
      warnings: [...new Set([...operation.warnings, ...warnings.map((warning) => clip(warning))])],
      conditions: [
        ...withCondition(
          operation.conditions,
          delivered('True', 'Applied', 'The cluster has accepted the resource.', now),
        ),
      ],
    },
    owed: cancelled ? 'Delete' : undefined,
    events: [
      event(
        operation,
        'Normal',
        'Delivered',
        `The cluster has accepted ${operation.namespace}/${operation.name}.`,
        now,
      ),
    ],
  };
}

function ended(operation: Operation, phase: 'Failed' | 'Cancelled', condition: Condition, now: string): Operation {
  return {
    ...operation,
    phase,
    finishedAt: operation.finishedAt ?? now,
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

function deleted({ operation }: Attempt, now: string): DeliveryStep {
  return {
    operation,
    owed: undefined,
    events: [event(operation, 'Normal', 'DeletionAccepted', 'The cluster is deleting the resource, as asked.', now)],
  };
}

function absent(attempt: Attempt, now: string): DeliveryStep {
  const { operation, action } = attempt;
  if (isTerminal(operation.phase)) return { operation, owed: undefined, events: [] };
  const asked = action === 'Delete' || operation.cancelRequestedAt !== undefined;
  const message = asked
    ? 'The resource was not in the cluster any more when the cancel came.'
    : 'The resource was deleted in the cluster by somebody else.';
  const condition: Condition = {
    type: asked ? 'Cancelled' : 'Failed',
    status: 'True',
    reason: asked ? 'CancelledByUser' : 'ExternalDeletion',
    message,
    lastTransitionTime: now,
  };
  return {
    operation: ended(operation, asked ? 'Cancelled' : 'Failed', condition, now),
    owed: undefined,
    events: [event(operation, asked ? 'Normal' : 'Warning', condition.reason, message, now)],
  };
}

function refused(
  { operation, action }: Attempt,
  answer: Extract<ClusterFailure, { kind: 'Refused' }>,
  now: string,
): DeliveryStep {
  if (action === 'Delete') {
    return retry({ operation, action, attempts: 0 }, 'DeletionRefused', answer.message, now, maxDelaySeconds);
  }
  const withDelivered = {
    ...operation,
    conditions: [...withCondition(operation.conditions, delivered('False', answer.reason, answer.message, now))],
  };
  if (operation.cancelRequestedAt !== undefined) {
    const message = 'The cluster refused the resource before the cancel came; nothing was done.';
    const cancelled: Condition = {
      type: 'Cancelled',
      status: 'True',
      reason: 'CancelledByUser',
      message,
      lastTransitionTime: now,
    };
    return {
      operation: ended(withDelivered, 'Cancelled', cancelled, now),
      owed: undefined,
      events: [event(operation, 'Normal', 'Cancelled', message, now)],
    };
  }
  const failed: Condition = {
    type: 'Failed',
    status: 'True',
    reason: answer.reason,
    message: clip(answer.message),
    lastTransitionTime: now,
  };
  return {
    operation: ended(withDelivered, 'Failed', failed, now),
    owed: undefined,
    events: [event(operation, 'Warning', 'DeliveryRefused', answer.message, now)],
  };
}

function retry(attempt: Attempt, reason: string, message: string, now: string, seconds: number): DeliveryStep {
  const { operation, action } = attempt;
  const retryAt = new Date(Date.parse(now) + seconds * 1000).toISOString();
  const news = operation.conditions.find((condition) => condition.type === 'Delivered')?.reason !== reason;
  const conditions =
    action === 'Apply'
      ? [...withCondition(operation.conditions, delivered('False', reason, message, now))]
      : operation.conditions;
  return {
    operation: { ...operation, conditions },
    // The call may have taken effect although no answer came: a cancelled one is deleted, not forgotten.
    owed: operation.cancelRequestedAt === undefined ? action : 'Delete',
    retryAt,
    events: news ? [event(operation, 'Warning', 'DeliveryRetried', `${reason}: ${message}`, now)] : [],
  };
}
