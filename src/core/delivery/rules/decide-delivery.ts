/**
 * What follows from a cluster's answer to an apply, a delete or a look. The answer is sorted once, here:
 *
 *   done     the resource is there, or gone, or has finished before it could be deleted
 *   retry    network, time-outs, 429, 5xx, and refusals that pass (a conflicting Operation, a quota): again later, with
 *            back-off, until deliverBefore; Retry-After is kept, for the whole cluster (throttling.ts)
 *   hold     credentials refused: the cluster's matter, not the Operation's; nothing is burnt
 *   refuse   403, 404, 409, 422, a webhook's denial: the Operation fails with the cluster's words; missing rights only
 *            when they are missing twice, because an API server that has just started knows of none
 *
 * A call whose answer never came may have taken effect. Such calls are counted, and while there are any the Operation is
 * not given up: past its deadline it is looked for, never applied, and fails only once the cluster says it has none.
 */

import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { askedWaitSeconds } from '../../clusters/rules/throttling.ts';
import { type ClusterReason, clip, clusterReason, withCondition } from '../../kernel/rules/condition.ts';
import {
  endAsCancelled,
  endAsOverdue,
  isPastDeliverBefore,
  type OperationDecision,
  withEnd,
} from '../../operations/rules/end-operation.ts';
import { acceptedMessage, deletedElsewhereMessage } from '../../operations/rules/fold-status.ts';
import type { KnownOperation, Observation } from '../../operations/rules/observation.ts';
import { observe } from '../../operations/rules/observe.ts';
import { maxWarningCount, statedPhase } from '../../operations/rules/observed-status.ts';
import { type DeliveryAction, isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { operationCondition, operationEvent } from '../../operations/rules/reasons.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { ClusterAnswer } from './answer.ts';
import { deliveryEvent } from './reasons.ts';

/** What follows, with what the step leaves of the counts. */
export interface DeliveryDecision extends OperationDecision {
  readonly attempts: number;
  readonly unanswered: number;
}

const firstDelaySeconds = 1;
const maxDelaySeconds = 20;

/** Exponential back-off from 1 s to 20 s with full jitter over its upper half; `chance` is in [0, 1). */
export function backOffSeconds(attempts: number, chance: number): number {
  const ceiling = Math.min(maxDelaySeconds, firstDelaySeconds * 2 ** Math.min(attempts, 10));
  return ceiling * (0.5 + chance / 2);
}

export interface Attempt {
  readonly operation: KnownOperation;
  readonly action: DeliveryAction;
  /** Calls that were begun, this one among them. */
  readonly attempts: number;
  /** Of these, applies of which nobody knows what they did, this one among them. */
  readonly unanswered: number;
}

/** Refusals that pass by themselves. */
const passing: readonly string[] = ['ConflictingOperation', 'QuotaExceeded'];

/** API servers answer before they have read all rights; how long one is given to. */
const forbiddenDelaySeconds = 10;

export function decideDelivery(attempt: Attempt, answer: ClusterAnswer, now: string, chance: number): DeliveryDecision {
  const certain = attempt.action === 'Apply' && isCertain(answer);
  const unanswered = Math.max(0, attempt.unanswered - (certain ? 1 : 0));
  const attempts = Math.max(0, attempt.attempts - (answer.kind === 'CredentialsRejected' ? 1 : 0));
  return { ...decisionOn({ ...attempt, unanswered }, answer, now, chance), attempts, unanswered };
}

function isCertain(answer: ClusterAnswer): boolean {
  return answer.kind === 'Unreachable' || answer.kind === 'ServerError' ? answer.untouched === true : true;
}

function decisionOn(attempt: Attempt, answer: ClusterAnswer, now: string, chance: number): OperationDecision {
  const wait = backOffSeconds(attempt.attempts, chance);
  switch (answer.kind) {
    case 'Applied':
      return applied(attempt.operation, answer.uid, answer.warnings, now);
    case 'Deleted':
      return deleted(attempt, answer.uid, now);
    case 'Absent':
      return absent(attempt, now);
    case 'Found':
      return found(attempt, answer.observation, now, wait);
    case 'Refused':
      if (attempt.action === 'Apply' && passing.includes(answer.reason))
        return retry(attempt, clusterReason(answer.reason), answer.message, now, wait);
      return attempt.action === 'Apply' && isNewlyForbidden(attempt.operation, answer.reason)
        ? retry(attempt, clusterReason(answer.reason), answer.message, now, forbiddenDelaySeconds)
        : refused(attempt, answer, now);
    case 'CredentialsRejected':
      return retry(attempt, 'CredentialsRejected', answer.message, now, maxDelaySeconds);
    case 'Unreachable':
      return retry(attempt, 'Unreachable', answer.message, now, wait);
    case 'Throttled':
    case 'ServerError':
      return retry(
        attempt,
        answer.kind,
        answer.message,
        now,
        askedWaitSeconds(answer) ?? Math.max(answer.retryAfterSeconds ?? 0, wait),
      );
  }
}

function isNewlyForbidden({ conditions }: Operation, reason: string): boolean {
  return reason === 'Forbidden' && !conditions.some((known) => known.type === 'Delivered' && known.reason === reason);
}

function applied(operation: Operation, uid: string, warnings: readonly string[], now: string): OperationDecision {
  const cancelled = operation.cancelRequestedAt !== undefined && !isTerminal(operation.phase);
  return {
    operation: {
      ...operation,
      uid,
      deliveredAt: operation.deliveredAt ?? now,
      warnings: [...new Set([...operation.warnings, ...warnings.map((warning) => clip(warning))])].slice(
        0,
        maxWarningCount,
      ),
      conditions: [
        ...withCondition(
          operation.conditions,
          operationCondition('Delivered', 'True', 'Applied', acceptedMessage, now),
        ),
      ],
    },
    owed: cancelled ? 'Delete' : undefined,
    events: [
      deliveryEvent(operation, 'Delivered', `The cluster has accepted ${operation.namespace}/${operation.name}.`, now),
    ],
  };
}

function deleted({ operation }: Attempt, uid: string | undefined, now: string): OperationDecision {
  const known = operation.uid ?? uid;
  return {
    operation: { ...operation, ...(known !== undefined && { uid: known, deliveredAt: operation.deliveredAt ?? now }) },
    owed: undefined,
    events: [deliveryEvent(operation, 'DeletionAccepted', 'The cluster is deleting the resource, as asked.', now)],
  };
}

/** What was there is folded in; a delete is owed for as long as it has not finished. */
function found(attempt: Attempt, observation: Observation, now: string, wait: number): OperationDecision {
  const { operation, events } = observe(attempt.operation, observation, now);
  const wanted = attempt.action === 'Apply' && operation.cancelRequestedAt === undefined;
  if (wanted || isTerminal(statedPhase(observation.status, false))) return { operation, owed: undefined, events };
  return { operation, owed: 'Delete', retryAt: shifted(now, wait), events };
}

function absent(attempt: Attempt, now: string): OperationDecision {
  const { operation, action } = attempt;
  if (isTerminal(operation.phase)) return { operation, owed: undefined, events: [] };
  if (action === 'Delete' || operation.cancelRequestedAt !== undefined)
    return endAsCancelled(operation, 'The resource was not in the cluster any more when the cancel came.', now);
  if (operation.uid === undefined) return endAsOverdue(operation, now);
  const condition = operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhereMessage, now);
  return {
    operation: withEnd(operation, 'Failed', condition, now),
    owed: undefined,
    events: [operationEvent(operation, 'ExternalDeletion', deletedElsewhereMessage, now)],
  };
}

function refused(
  { operation, action, unanswered }: Attempt,
  answer: Extract<ClusterFailure, { kind: 'Refused' }>,
  now: string,
): OperationDecision {
  if (action === 'Delete') {
    return retry(
      { operation, action, attempts: 0, unanswered },
      clusterReason('DeletionRefused'),
      answer.message,
      now,
      maxDelaySeconds,
    );
  }
  const withDelivered = {
    ...operation,
    conditions: [
      ...withCondition(
        operation.conditions,
        operationCondition('Delivered', 'False', clusterReason(answer.reason), answer.message, now),
      ),
    ],
  };
  if (operation.cancelRequestedAt !== undefined)
    return endAsCancelled(
      withDelivered,
      'The cluster refused the resource before the cancel came; nothing was done.',
      now,
    );
  const failed = operationCondition('Failed', 'True', clusterReason(answer.reason), answer.message, now);
  return {
    operation: withEnd(withDelivered, 'Failed', failed, now),
    owed: undefined,
    events: [deliveryEvent(operation, 'DeliveryRefused', answer.message, now)],
  };
}

type RetryReason = Exclude<ClusterFailure['kind'], 'Refused'> | ClusterReason;

function retry(
  attempt: Attempt,
  reason: RetryReason,
  message: string,
  now: string,
  seconds: number,
): OperationDecision {
  const { operation, action, unanswered } = attempt;
  const retryAt = shifted(now, seconds);
  if (isTerminal(operation.phase)) return { operation, owed: action, retryAt, events: [] };
  const mayExist = unanswered > 0 || operation.uid !== undefined;
  const knownReason = operation.conditions.find((condition) => condition.type === 'Delivered')?.reason;
  const conditions =
    action === 'Apply'
      ? [...withCondition(operation.conditions, operationCondition('Delivered', 'False', reason, message, now))]
      : operation.conditions;
  const tried = { ...operation, conditions };
  if (action === 'Apply' && operation.cancelRequestedAt !== undefined && !mayExist)
    return endAsCancelled(tried, 'The cluster was not reached before the cancel came; nothing was done.', now);
  if (action === 'Apply' && isPastDeliverBefore(operation, now))
    return mayExist ? keepUnanswered(tried, knownReason, now, retryAt) : endAsOverdue(tried, now);
  return {
    operation: tried,
    // The call may have taken effect although no answer came: a cancelled one is deleted, not forgotten.
    owed: operation.cancelRequestedAt === undefined ? action : 'Delete',
    retryAt,
    events: knownReason === reason ? [] : [deliveryEvent(operation, 'DeliveryRetried', `${reason}: ${message}`, now)],
  };
}

/** Its deadline is past, but a call without an answer may have brought it into the cluster, which cannot be asked. */
function keepUnanswered(
  operation: Operation,
  knownReason: string | undefined,
  now: string,
  retryAt: string,
): OperationDecision {
  const last = operation.conditions.find(({ type }) => type === 'Delivered')?.message;
  const message = `It is not delivered any more since ${operation.deliverBefore}. A call had no answer, so the cluster may have it: that is looked up when the cluster answers. Last: ${last}`;
  const condition = operationCondition('Delivered', 'Unknown', 'DeadlineExceeded', message, now);
  return {
    operation: { ...operation, conditions: [...withCondition(operation.conditions, condition)] },
    owed: operation.cancelRequestedAt === undefined ? 'Apply' : 'Delete',
    retryAt,
    events: knownReason === 'DeadlineExceeded' ? [] : [operationEvent(operation, 'DeadlineExceeded', message, now)],
  };
}
