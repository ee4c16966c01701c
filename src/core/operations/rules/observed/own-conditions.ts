/**
 * Our own conditions beside those that a cluster states. A statement of the cluster replaces its own conditions and
 * leaves ours, but for those that it settles:
 *
 *   Withdrawing       False once the resource has started; gone with the end
 *   Overdue           gone with the end
 *   DeletionPending   because it is not finished: gone when the resource is not being deleted
 */
import type { Condition } from '../../../kernel/rules/condition.ts';
import { withoutPassing } from '../end-operation.ts';
import { isOverdue, withoutWithdrawal } from '../giving-up/withdraw.ts';
import { isTerminal, type Operation, type Phase } from '../operation.ts';
import { acceptedMessage, isOwnType, operationCondition } from '../reasons.ts';

/** `phase` is the one that is recorded, `statedPhase` the one that the cluster states. */
export function withOwnConditions(
  { conditions: stated, deliveredAt }: Operation,
  before: Operation,
  { phase, statedPhase, isDeleting }: { phase: Phase; statedPhase: Phase; isDeleting: boolean },
  now: string,
): Condition[] {
  const delivery = before.conditions.find(({ type }) => type === 'Delivered');
  const delivered: Condition | undefined =
    deliveredAt === undefined || delivery?.status === 'True'
      ? delivery
      : operationCondition('Delivered', 'True', 'Applied', acceptedMessage, deliveredAt);
  const end = isTerminal(phase)
    ? before.conditions.find(({ type, status }) => type === phase && status === 'True')
    : undefined;
  // An end that is stated without words keeps those that are known of it.
  const isWordless = (message: string) => message === '' && end !== undefined && end.message !== '';
  const statedAgain = stated.some(
    ({ type, status, message }) => type === phase && status === 'True' && !isWordless(message),
  );
  const ours = [delivered, statedAgain ? undefined : end, ...settled(before, statedPhase, now)]
    .filter((condition) => condition !== undefined)
    .filter(({ type, reason }) => isDeleting || type !== 'DeletionPending' || reason !== 'NotFinished');
  return [...ours, ...stated.filter(({ type }) => !isOwnType(type) && !ours.some((own) => own.type === type))];
}

function settled(before: Operation, statedPhase: Phase, now: string): readonly Condition[] {
  const after = statedPhase === 'Running' && !isOverdue(before) ? withoutWithdrawal(before, now) : before;
  const own = after.conditions.filter(({ type }) => isOwnType(type) && type !== 'Delivered');
  return isTerminal(statedPhase) ? withoutPassing(own) : own;
}
