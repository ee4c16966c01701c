/** Ends that we give an Operation ourselves, with what is told of them. */

import { clip, type OwnCondition, withCondition } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import type { DeliveryAction, Operation } from './operation.ts';
import { operationCondition, operationEvent } from './reasons.ts';

/** An Operation after an answer. `owed` is what we owe the cluster now; with `retryAt` it is owed not before then. */
export interface OperationDecision {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  readonly retryAt?: string | undefined;
  readonly events: readonly NewEvent[];
}

export function withEnd(
  operation: Operation,
  phase: 'Failed' | 'Cancelled',
  condition: OwnCondition,
  now: string,
): Operation {
  return {
    ...operation,
    phase,
    finishedAt: operation.finishedAt ?? now,
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

export function endAsCancelled(operation: Operation, message: string, now: string): OperationDecision {
  const condition = operationCondition('Cancelled', 'True', 'CancelledByUser', message, now);
  return {
    operation: withEnd(operation, 'Cancelled', condition, now),
    owed: undefined,
    events: [operationEvent(operation, 'Cancelled', message, now)],
  };
}

/** Its deadline is past, and the cluster does not have it. */
export function endAsOverdue(operation: Operation, now: string): OperationDecision {
  const before = operation.conditions.find(({ type }) => type === 'Delivered');
  const last =
    before === undefined
      ? 'It was not tried: no replica with the role connector took it, or the cluster asked to be left alone.'
      : `Last: ${before.reason}: ${before.message}`;
  const message = clip(
    `It could not be delivered by ${operation.deliverBefore ?? now} and will not be any more. ${last}`,
  );
  const failed = operationCondition('Failed', 'True', 'DeadlineExceeded', message, now);
  const conditions = [
    ...withCondition(operation.conditions, operationCondition('Delivered', 'False', 'DeadlineExceeded', message, now)),
  ];
  return {
    operation: withEnd({ ...operation, conditions }, 'Failed', failed, now),
    owed: undefined,
    events: [operationEvent(operation, 'DeadlineExceeded', message, now)],
  };
}

/** What is late is never applied. */
export function isPastDeliverBefore({ deliverBefore }: Operation, now: string): boolean {
  return deliverBefore !== undefined && Date.parse(deliverBefore) <= Date.parse(now);
}
