/**
 * Our own deadlines, for what a cluster never ends: an operator may leave a backup Running for ever, or wait for an
 * approval that does not come.
 *
 *   not delivered by deliverBefore                                  Failed, DeadlineExceeded
 *   delivered all the same after deliverBefore, and still Pending   withdrawn, then Failed, DeadlineExceeded
 *   Pending in the cluster for longer than pendingDeadlineSeconds   withdrawn, then Failed, PendingTimeout
 *   a Restore Running for longer than runningDeadlineSeconds        Overdue: it stays Running, and is told
 *   anything else Running for longer than runningDeadlineSeconds    Failed, RunningTimeout; its resource is left
 *
 * What has not started is withdrawn (withdraw.ts), because what we give up must not run later. What runs is never deleted
 * for a deadline. A Restore would leave half an application, so it does not end here before it ends there; it is deleted
 * when its engine is known not to work on it, or when a person cancels it. A Backup changes nothing in the application,
 * and its copy may yet come: then it is kept as a contradiction. So we stop waiting for it, and it blocks nothing here.
 *
 * Pending counts from the delivery, whether it waits for an approval, for its target or in the engine's queue. Running
 * counts from the later of start and delivery, so a cluster whose clock is behind ends nothing early.
 *
 * While the cluster may have the resource, nothing is given up for a missing delivery: an apply without an answer is
 * counted in `unanswered`, and delivery looks for it first.
 */

import { type Condition, withCondition } from '../../../kernel/rules/condition.ts';
import { inWords } from '../../../kernel/rules/duration.ts';
import { shifted } from '../../../time/rules/slots.ts';
import { endAsOverdue, isPastDeliverBefore, type OperationDecision, withEnd } from '../end-operation.ts';
import type { DeliveryAction, Operation } from '../operation.ts';
import { operationCondition, operationEvent } from '../reasons.ts';
import { isOverdue, isWithdrawing, withdraw, withdrawalOf } from './withdraw.ts';

export interface DatedOperation {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  /** Applies whose answer never came, so they may have taken effect. */
  readonly unanswered: number;
  /** Of the application class; absent when the application is not registered here. */
  readonly pendingDeadlineSeconds?: number | undefined;
  readonly runningDeadlineSeconds?: number | undefined;
  /** The cluster's condition Watching. */
  readonly watching?: Pick<Condition, 'status' | 'reason' | 'message'> | undefined;
}

/** `undefined` while no deadline is past. */
export function decideDeadline(dated: DatedOperation, now: string): OperationDecision | undefined {
  const { operation, owed, unanswered, pendingDeadlineSeconds, runningDeadlineSeconds } = dated;
  const { phase, uid, deliveredAt, startedAt, deliverBefore } = operation;
  if (operation.origin === 'cluster') return undefined;
  if (owed === 'Apply' && uid === undefined && unanswered === 0 && isPastDeliverBefore(operation, now))
    return endAsOverdue(operation, now);
  if (owed === undefined && (isWithdrawing(operation) || (phase === 'Running' && isOverdue(operation))))
    return { operation, owed: 'Withdraw', events: [] };
  if (phase === 'Pending' && deliveredAt !== undefined && withdrawalOf(operation) === undefined) {
    if (isPast(shifted(deliverBefore ?? now, longestCallSeconds), deliveredAt))
      return withdraw(operation, owed, 'DeadlineExceeded', lateMessage(operation), now);
    if (pendingDeadlineSeconds !== undefined && isOver(deliveredAt, pendingDeadlineSeconds, now)) {
      const limit = `pendingDeadlineSeconds ${pendingDeadlineSeconds}`;
      const words = `Pending in the cluster since ${deliveredAt}, longer than ${inWords(pendingDeadlineSeconds)} (${limit})`;
      return withdraw(operation, owed, 'PendingTimeout', overMessage(dated, words), now);
    }
  }
  if (phase !== 'Running' || isOverdue(operation)) return undefined;
  const [since = operation.createdAt] = [startedAt, deliveredAt]
    .filter((at) => at !== undefined)
    .sort()
    .reverse();
  if (runningDeadlineSeconds === undefined || !isOver(since, runningDeadlineSeconds, now)) return undefined;
  const limit = `runningDeadlineSeconds ${runningDeadlineSeconds}`;
  const words = `Running since ${since}, longer than ${inWords(runningDeadlineSeconds)} (${limit})`;
  const message = overMessage(dated, words);
  return operation.type === 'Restore' ? overdue(dated, message, now) : timedOut(dated, message, now);
}

/** A call that was begun in time may take so long, and a clock may differ by some of it. */
export const longestCallSeconds = 15;

function isPast(limit: string, at: string): boolean {
  return Date.parse(at) > Date.parse(limit);
}

function isOver(since: string, limitSeconds: number, now: string): boolean {
  return Date.parse(shifted(since, limitSeconds)) <= Date.parse(now);
}

function timedOut({ operation, owed }: DatedOperation, message: string, now: string): OperationDecision {
  const left =
    owed === 'Cancel'
      ? 'Its cancel is still carried out.'
      : 'The resource is left in the cluster, because its copy may yet come. While it is there the operator may refuse Restores of the application. Cancel it to delete it.';
  const words = `${message} ${left}`;
  const condition = operationCondition('Failed', 'True', 'RunningTimeout', words, now);
  return {
    operation: withEnd(operation, 'Failed', condition, now),
    owed: owed === 'Cancel' ? owed : undefined,
    events: [operationEvent(operation, 'RunningTimeout', words, now)],
  };
}

/** A deletion is owed from now on. It waits until the engine is known not to work on it (mayDelete). */
function overdue({ operation, owed }: DatedOperation, message: string, now: string): OperationDecision {
  const left =
    owed === 'Cancel'
      ? 'Its cancel is still carried out.'
      : 'It is not deleted, because half an application could be left. Look at it in the cluster; cancel it to delete it. Backups of the application wait for it.';
  const words = `${message} ${left}`;
  const condition = operationCondition('Overdue', 'True', 'RunningTimeout', words, now);
  return {
    operation: { ...operation, conditions: [...withCondition(operation.conditions, condition)] },
    owed: owed ?? 'Withdraw',
    events: [operationEvent(operation, 'Overdue', words, now)],
  };
}

function lateMessage({ deliveredAt, deliverBefore }: Operation): string {
  return `It came into the cluster at ${deliveredAt}, after deliverBefore (${deliverBefore}), and has not started.`;
}

function overMessage({ operation, watching }: DatedOperation, words: string): string {
  return [`It has been ${words}.`, lastStatement(operation), watchingMessage(watching)].join(' ');
}

/** The condition that says why it has not ended, in the words of the cluster. */
function lastStatement({ conditions }: Operation): string {
  const stated =
    conditions.find(({ type, status }) => type === 'Blocked' && status === 'True') ??
    conditions.find(({ type }) => type === 'Running') ??
    conditions.find(({ type }) => type === 'Accepted');
  if (stated === undefined) return 'The cluster has stated no condition.';
  const { type, status, reason, message } = stated;
  return `The cluster states ${type}=${status}: ${[reason, message].filter((words) => words !== '').join(': ')}.`;
}

function watchingMessage(watching: DatedOperation['watching']): string {
  if (watching?.status === 'True') return 'The cluster could be watched at that time.';
  const why = watching === undefined ? '' : ` (${watching.reason}: ${watching.message})`;
  return `The cluster could not be watched at that time${why}, so its last statement may be old.`;
}
