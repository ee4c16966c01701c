/**
 * A delivery that is tried again later, unless a cancel or its deadline has come meanwhile. While the cluster may have
 * the resource, neither of them forgets it: a cancelled one is deleted, and a late one is looked for.
 */

import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { type ClusterReason, withCondition } from '../../kernel/rules/condition.ts';
import {
  endAsCancelled,
  endAsOverdue,
  isPastDeliverBefore,
  type OperationDecision,
} from '../../operations/rules/end-operation.ts';
import { type DeliveryAction, isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { operationCondition, operationEvent } from '../../operations/rules/reasons.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { Attempt } from './attempt.ts';
import { deliveryEvent } from './reasons.ts';

type RetryReason = Exclude<ClusterFailure['kind'], 'Refused'> | ClusterReason;

export function retry(
  attempt: Attempt,
  reason: RetryReason,
  message: string,
  now: string,
  seconds: number,
): OperationDecision {
  const { operation, action, unanswered } = attempt;
  const retryAt = shifted(now, seconds);
  if (action !== 'Apply') return deletionRetried(operation, action, reason, message, now, retryAt);
  if (isTerminal(operation.phase)) return { operation, owed: action, retryAt, events: [] };
  const mayExist = unanswered > 0 || operation.uid !== undefined;
  const knownReason = operation.conditions.find((condition) => condition.type === 'Delivered')?.reason;
  const conditions = [
    ...withCondition(operation.conditions, operationCondition('Delivered', 'False', reason, message, now)),
  ];
  const tried = { ...operation, conditions };
  if (operation.cancelRequestedAt !== undefined && !mayExist)
    return endAsCancelled(tried, 'The resource never reached the cluster, so there is nothing to cancel there.', now);
  if (isPastDeliverBefore(operation, now))
    return mayExist ? keepUnanswered(tried, knownReason, now, retryAt) : endAsOverdue(tried, now);
  return {
    operation: tried,
    // The call may have taken effect although no answer came, so a cancelled resource is deleted.
    owed: orCancel(operation, action),
    retryAt,
    events: knownReason === reason ? [] : [deliveryEvent(operation, 'DeliveryRetried', `${reason}: ${message}`, now)],
  };
}

/** Told in a condition, and as an event when another thing keeps the resource there than before. */
function deletionRetried(
  operation: Operation,
  action: DeliveryAction,
  reason: RetryReason,
  message: string,
  now: string,
  retryAt: string,
): OperationDecision {
  const known = operation.conditions.find(({ type }) => type === 'DeletionPending');
  const condition = operationCondition('DeletionPending', 'True', reason, message, now);
  // The transition says since when this keeps it there: a CRD that stays away for long ends the wait.
  const others =
    known?.reason === reason ? operation.conditions : operation.conditions.filter((each) => each !== known);
  return {
    operation: { ...operation, conditions: [...withCondition(others, condition)] },
    owed: orCancel(operation, action),
    retryAt,
    // What has ended may stay for a while, and nobody need look: after an hour it is a finding.
    events:
      known?.reason === reason || action === 'Tidy'
        ? []
        : [deliveryEvent(operation, 'DeliveryRetried', `${reason}: ${message}`, now)],
  };
}

/** A cancel goes over an apply and over a withdrawal. */
export function orCancel({ cancelRequestedAt }: Operation, action: DeliveryAction): DeliveryAction {
  return cancelRequestedAt !== undefined && (action === 'Apply' || action === 'Withdraw') ? 'Cancel' : action;
}

/** Its deadline has passed, but an unanswered call may have brought it into the cluster, which cannot be asked now. */
function keepUnanswered(
  operation: Operation,
  knownReason: string | undefined,
  now: string,
  retryAt: string,
): OperationDecision {
  const last = operation.conditions.find(({ type }) => type === 'Delivered')?.message;
  const message = `It is not applied any more, because deliverBefore (${operation.deliverBefore}) has passed. A call had no answer, so the cluster may have the resource: this is looked up when the cluster answers. Last: ${last}`;
  const condition = operationCondition('Delivered', 'Unknown', 'DeadlineExceeded', message, now);
  return {
    operation: { ...operation, conditions: [...withCondition(operation.conditions, condition)] },
    owed: orCancel(operation, 'Apply'),
    retryAt,
    events: knownReason === 'DeadlineExceeded' ? [] : [operationEvent(operation, 'DeadlineExceeded', message, now)],
  };
}
