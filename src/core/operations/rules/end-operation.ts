/**
 * Ends an Operation on our side, with its condition and its event: cancelled, or failed because its delivery deadline
 * has passed. Such an Operation is never applied again.
 */

import { type Condition, clip, type OwnCondition, withCondition } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import type { DeliveryAction, Operation } from './operation.ts';
import { operationCondition, operationEvent } from './reasons.ts';

/**
 * What a rule decides of an Operation. `owed` is the action that we still owe the cluster; `undefined`: nothing. It is
 * due at `retryAt`, or at once without it.
 */
export interface OperationDecision {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  readonly retryAt?: string | undefined;
  readonly events: readonly NewEvent[];
}

/** Conditions that are about an Operation that has not ended. */
const passing: readonly string[] = ['Withdrawing', 'Overdue', 'Held'];

/** Without the conditions that are about an Operation that has not ended. */
export function withoutPassing(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ type }) => !passing.includes(type));
}

export function withEnd<T extends Operation>(
  operation: T,
  phase: 'Failed' | 'Cancelled',
  condition: OwnCondition,
  now: string,
): T {
  return {
    ...operation,
    phase,
    finishedAt: operation.finishedAt ?? endNow(operation, now),
    conditions: [...withCondition(withoutPassing(operation.conditions), condition)],
  };
}

/** An end now, by our clock; a cluster whose clock is ahead may have stated a later start. */
export function endNow({ startedAt }: Pick<Operation, 'startedAt'>, now: string): string {
  return startedAt !== undefined && Date.parse(startedAt) > Date.parse(now) ? startedAt : now;
}

export function endAsCancelled(operation: Operation, message: string, now: string): OperationDecision {
  const condition = operationCondition('Cancelled', 'True', 'CancelledByUser', message, now);
  return {
    operation: withEnd(operation, 'Cancelled', condition, now),
    owed: undefined,
    events: [operationEvent(operation, 'Cancelled', message, now)],
  };
}

/** `deliverBefore` has passed, and the cluster does not have the resource. */
export function endAsOverdue(operation: Operation, now: string): OperationDecision {
  const { conditions: known } = operation;
  const held = known.find(({ type, status }) => type === 'Held' && status === 'True');
  const before = held ?? known.find(({ type }) => type === 'Delivered');
  const last =
    before === undefined
      ? 'It was never tried: no replica with the role connector took it, or the cluster asked for no calls (Retry-After).'
      : `${held === undefined ? 'Last' : `Held since ${held.lastTransitionTime}`}: ${before.reason}: ${before.message}`;
  const message = clip(
    `The cluster did not accept it before ${operation.deliverBefore ?? now}, so it is not delivered any more. ${last}`,
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

/** An Operation is never applied once this is true. */
export function isPastDeliverBefore({ deliverBefore }: Operation, now: string): boolean {
  return deliverBefore !== undefined && Date.parse(deliverBefore) <= Date.parse(now);
}
