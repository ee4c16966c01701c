/**
 * Decides what follows from a cluster's answer to an apply, a delete or a look. Each answer falls into one of four
 * groups:
 *
 *   done     the resource is there, or is gone, or had finished before it could be deleted
 *   retry    the network, time-outs, 429, 5xx, and refusals that pass by themselves (a conflicting Operation, a quota, a
 *            CRD or a namespace that is not there yet): it is tried again with back-off until deliverBefore. Retry-After
 *            holds for the whole cluster (throttling.ts)
 *   hold     the credentials are rejected: that is about the cluster and not the Operation, so the attempt does not
 *            count
 *   refuse   403, 404, 409, 422, a webhook's denial: the Operation fails with the cluster's words. 403 fails only when
 *            it comes twice, because an API server that has just started has not read any rights yet
 *
 * A call whose answer never came may have taken effect. Such calls are counted in `unanswered`. While there are any,
 * the Operation is not given up: past its deadline it is looked for and never applied, and it fails only once the
 * cluster states that it has none.
 */

import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { askedWaitSeconds } from '../../clusters/rules/throttling.ts';
import { clip, clusterReason, withCondition } from '../../kernel/rules/condition.ts';
import { eventsOfChange } from '../../operations/rules/change-events.ts';
import { endAsCancelled, endAsOverdue, type OperationDecision, withEnd } from '../../operations/rules/end-operation.ts';
import { withoutDeletion } from '../../operations/rules/giving-up/stuck-deletion.ts';
import {
  endAsWithdrawn,
  isOverdue,
  isWithdrawing,
  withoutWithdrawal,
  withWithdrawal,
} from '../../operations/rules/giving-up/withdraw.ts';
import { foldDeletion } from '../../operations/rules/observed/fold-status.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import { observe } from '../../operations/rules/observed/observe.ts';
import { maxWarningCount, statedPhase } from '../../operations/rules/observed/observed-status.ts';
import { type DeliveryAction, isTerminal, type Operation } from '../../operations/rules/operation.ts';
import {
  acceptedMessage,
  deletedElsewhereMessage,
  operationCondition,
  operationEvent,
} from '../../operations/rules/reasons.ts';
import { withoutTidying } from '../../operations/rules/tidied.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { ClusterAnswer } from './answer.ts';
import type { Attempt, DeliveryDecision } from './attempt.ts';
import { backOffSeconds, maxDelaySeconds } from './back-off.ts';
import { deliveryEvent } from './reasons.ts';
import { orCancel, retry } from './retry-delivery.ts';

/** Reasons of refusals that pass by themselves. */
const passing: readonly string[] = [
  'ConflictingOperation',
  'QuotaExceeded',
  'ApprovalMissing',
  'CrdMissing',
  'CrdTerminating',
  'NamespaceNotFound',
];

/** An API server answers before it has read all rights: how long it is given to read them. */
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
  if (isTooLate(attempt, answer)) return { operation: attempt.operation, owed: undefined, events: [] };
  const wait = backOffSeconds(attempt.attempts, chance);
  switch (answer.kind) {
    case 'Applied':
      return applied(attempt.operation, answer.uid, answer.warnings, now);
    case 'Deleted':
      return deleted(attempt, answer.uid, now, wait);
    case 'Absent':
      return absent(attempt, now);
    case 'Found':
      return found(attempt, answer, now, wait);
    case 'Refused':
      if (answer.reason === 'CrdMissing' && isGoneWithItsCrd(attempt, now)) return absent(attempt, now);
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

/** A CRD that stays away has taken its resources with it. One that is replaced, or not read yet, is back before. */
const crdGoneSeconds = 3600;

function isGoneWithItsCrd({ action, operation }: Attempt, now: string): boolean {
  const { uid, deliverBefore, conditions } = operation;
  const pending = conditions.find(({ type, reason }) => type === 'DeletionPending' && reason === 'CrdMissing');
  const since = action === 'Apply' && uid === undefined ? deliverBefore : pending?.lastTransitionTime;
  return since !== undefined && Date.parse(shifted(since, crdGoneSeconds)) <= Date.parse(now);
}

/** What has ended is never applied again, and no failure of a call that was on its way changes its end. */
function isTooLate({ action, operation }: Attempt, { kind }: ClusterAnswer): boolean {
  return action === 'Apply' && isTerminal(operation.phase) && kind !== 'Applied' && kind !== 'Found';
}

function isNewlyForbidden({ conditions }: Operation, reason: string): boolean {
  return reason === 'Forbidden' && !conditions.some((known) => known.type === 'Delivered' && known.reason === reason);
}

function applied(operation: Operation, uid: string, warnings: readonly string[], now: string): OperationDecision {
  const cancelled = operation.cancelRequestedAt !== undefined && !isTerminal(operation.phase);
  // The watch may have seen the resource before the answer came, and then has told of it.
  const isTold = operation.conditions.some(({ type, status }) => type === 'Delivered' && status === 'True');
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
    owed: cancelled ? 'Cancel' : undefined,
    events: isTold
      ? []
      : [
          deliveryEvent(
            operation,
            'Delivered',
            `The cluster has accepted ${operation.namespace}/${operation.name}.`,
            now,
          ),
        ],
  };
}

/** The cluster accepts a deletion before it has carried it out: it stays owed until the resource is gone. */
function deleted(
  { operation, action }: Attempt,
  uid: string | undefined,
  now: string,
  wait: number,
): OperationDecision {
  const known = operation.uid ?? uid;
  const isIdle = action === 'Withdraw' && isOverdue(operation) && !isTerminal(operation.phase);
  const idle = 'It is overdue, and its engine does not work on it.';
  const leaving = isIdle ? withWithdrawal(operation, 'RunningTimeout', idle, now) : operation;
  return {
    operation: {
      ...withoutDeletion(leaving),
      ...(known !== undefined && { uid: known, deliveredAt: operation.deliveredAt ?? now }),
    },
    owed: action,
    retryAt: shifted(now, wait),
    events: [deliveryEvent(operation, 'DeletionAccepted', deletionMessage[action], now)],
  };
}

const deletionMessage: Readonly<Record<DeliveryAction, string>> = {
  Apply: 'The cluster is deleting the resource.',
  Cancel: 'The cluster is deleting the resource, as requested.',
  Withdraw: 'The cluster is deleting the resource, which is given up here.',
  Tidy: 'The cluster is deleting the resource, which has ended and is recorded here.',
};

/** Folds in the resource that was found. A deletion stays owed while it may still come. */
function found(
  attempt: Attempt,
  { observation, verdict }: Extract<ClusterAnswer, { kind: 'Found' }>,
  now: string,
  wait: number,
): OperationDecision {
  const { action } = attempt;
  const { operation, events } = observe(attempt.operation, observation, now);
  if (action === 'Tidy' && observation.deletingSince === undefined)
    return { operation: withoutTidying(operation), owed: undefined, events };
  if (action !== 'Apply')
    return verdict === 'Leave' && orCancel(operation, action) === action
      ? { operation: withoutWithdrawal(operation, now), owed: undefined, events }
      : { operation, owed: orCancel(operation, action), retryAt: shifted(now, wait), events };
  if (operation.cancelRequestedAt === undefined || isTerminal(statedPhase(observation.status, false)))
    return { operation, owed: undefined, events };
  return { operation, owed: 'Cancel', retryAt: shifted(now, wait), events };
}

function absent({ operation: before, action }: Attempt, now: string): OperationDecision {
  const operation = withoutDeletion(before);
  if (isTerminal(operation.phase)) return goneAfterEnd(operation, action, now);
  if (action === 'Cancel' || operation.cancelRequestedAt !== undefined)
    return endAsCancelled(operation, 'The cluster does not have the resource, so there is nothing to delete.', now);
  if (isWithdrawing(operation)) {
    const { operation: ended, reason, message } = endAsWithdrawn(operation, now);
    return { operation: ended, owed: undefined, events: [operationEvent(ended, reason, message, now)] };
  }
  if (operation.uid === undefined) return endAsOverdue(operation, now);
  const condition = operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhereMessage, now);
  return {
    operation: withEnd(operation, 'Failed', condition, now),
    owed: undefined,
    events: [operationEvent(operation, 'ExternalDeletion', deletedElsewhereMessage, now)],
  };
}

function goneAfterEnd(operation: KnownOperation, action: DeliveryAction, now: string): OperationDecision {
  const gone = action === 'Apply' ? operation : foldDeletion(operation, now);
  return { operation: gone, owed: undefined, events: eventsOfChange(operation, gone, now) };
}

function refused(
  { operation, action, unanswered }: Attempt,
  answer: Extract<ClusterFailure, { kind: 'Refused' }>,
  now: string,
): OperationDecision {
  if (action !== 'Apply') {
    return retry(
      { operation, action, attempts: 0, unanswered },
      clusterReason(answer.reason === 'CrdMissing' ? answer.reason : 'DeletionRefused'),
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
    return endAsCancelled(withDelivered, 'The cluster refused the resource, so there is nothing to cancel there.', now);
  const failed = operationCondition('Failed', 'True', clusterReason(answer.reason), answer.message, now);
  return {
    operation: withEnd(withDelivered, 'Failed', failed, now),
    owed: undefined,
    events: [deliveryEvent(operation, 'DeliveryRefused', answer.message, now)],
  };
}
