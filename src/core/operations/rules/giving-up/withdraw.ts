/**
 * What we give up must not run later: what has not started past a deadline of ours is withdrawn before it counts as
 * given up.
 *
 *   begins    its resource is owed a deletion for the reason Withdraw. It stays Pending, with the condition Withdrawing
 *             and one event. From now on no schedule waits for it
 *   ends      Failed, once the cluster states that the resource is gone
 *   dropped   the resource has started meanwhile: the Operation goes on, with Withdrawing=False
 *
 * With the cluster away the deletion stays owed, and the condition says what keeps it.
 */
import { type Condition, withCondition } from '../../../kernel/rules/condition.ts';
import { type OperationDecision, withEnd } from '../end-operation.ts';
import type { DeliveryAction, Operation } from '../operation.ts';
import { operationCondition, operationEvent } from '../reasons.ts';

export type WithdrawalReason = 'PendingTimeout' | 'DeadlineExceeded' | 'RunningTimeout';

export function isWithdrawing(operation: Pick<Operation, 'conditions'>): boolean {
  return withdrawalOf(operation)?.status === 'True';
}

/** The condition, whether it is True or not. */
export function withdrawalOf({ conditions }: Pick<Operation, 'conditions'>): Condition | undefined {
  return conditions.find(({ type }) => type === 'Withdrawing');
}

export function isOverdue({ conditions }: Pick<Operation, 'conditions'>): boolean {
  return conditions.some(({ type, status }) => type === 'Overdue' && status === 'True');
}

/** A cancel that is owed already deletes the resource just as well. */
export function withdraw(
  operation: Operation,
  owed: DeliveryAction | undefined,
  reason: WithdrawalReason,
  message: string,
  now: string,
): OperationDecision {
  const words = `${message} Its resource is deleted in the cluster, so that it does not run later.`;
  return {
    operation: withWithdrawal(operation, reason, words, now),
    owed: owed === 'Cancel' ? owed : 'Withdraw',
    events: [operationEvent(operation, 'Withdrawing', words, now)],
  };
}

export function withWithdrawal<T extends Operation>(
  operation: T,
  reason: WithdrawalReason | 'LeftBehind' | 'FailedValidation',
  message: string,
  now: string,
): T {
  const condition = operationCondition('Withdrawing', 'True', reason, message, now);
  return { ...operation, conditions: [...withCondition(operation.conditions, condition)] };
}

/** It has started before it could be deleted. Nothing withdraws it again. */
export function withoutWithdrawal<T extends Operation>(operation: T, now: string): T {
  if (!isWithdrawing(operation)) return operation;
  const message = 'It has started in the cluster before it could be withdrawn, so it goes on.';
  const condition = operationCondition('Withdrawing', 'False', 'Started', message, now);
  return { ...operation, conditions: [...withCondition(operation.conditions, condition)] };
}

/** The end of a withdrawn Operation whose resource is gone. */
export function endAsWithdrawn<T extends Operation>(
  operation: T,
  now: string,
): { readonly operation: T; readonly reason: WithdrawalReason; readonly message: string } {
  const withdrawal = withdrawalOf(operation);
  const reason = reasons.find((each) => each === withdrawal?.reason) ?? 'PendingTimeout';
  const message = `${withdrawal?.message ?? ''} The cluster states that the resource is gone.`.trim();
  const condition = operationCondition('Failed', 'True', reason, message, now);
  return { operation: { ...withEnd(operation, 'Failed', condition, now), resourceGoneAt: now }, reason, message };
}

const reasons = ['PendingTimeout', 'DeadlineExceeded', 'RunningTimeout'] as const satisfies readonly WithdrawalReason[];
