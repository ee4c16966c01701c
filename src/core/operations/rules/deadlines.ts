/**
 * Our own deadlines. They end an Operation that its cluster never ends: an operator may leave a backup Running for
 * ever, or wait for an approval that does not come.
 *
 *   not delivered by deliverBefore                               Failed, DeadlineExceeded
 *   Pending in the cluster for longer than pendingDeadlineSeconds   Failed, PendingTimeout
 *   Running for longer than runningDeadlineSeconds                  Failed, RunningTimeout
 *
 * Pending counts from the delivery, whether it waits for an approval, for its target or in the engine's queue. Running
 * counts from the later of start and delivery, so a cluster whose clock is behind ends nothing early.
 *
 * The resource stays in the cluster, because deleting it would delete a copy that it may yet make. If the cluster later
 * states another end, that is kept as a contradiction.
 *
 * While the cluster may have the resource, nothing is given up for a missing delivery: an apply without an answer is
 * counted in `unanswered`, and delivery looks for it first.
 */

import type { Condition } from '../../kernel/rules/condition.ts';
import { inWords } from '../../kernel/rules/duration.ts';
import { shifted } from '../../time/rules/slots.ts';
import { endAsOverdue, isPastDeliverBefore, type OperationDecision, withEnd } from './end-operation.ts';
import type { DeliveryAction, Operation } from './operation.ts';
import { operationCondition, operationEvent } from './reasons.ts';

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
  const { phase, uid, deliveredAt, startedAt } = operation;
  if (operation.origin === 'cluster') return undefined;
  if (owed === 'Apply' && uid === undefined && unanswered === 0 && isPastDeliverBefore(operation, now))
    return endAsOverdue(operation, now);
  if (phase === 'Pending' && deliveredAt !== undefined)
    return timedOut(dated, 'PendingTimeout', deliveredAt, pendingDeadlineSeconds, now);
  if (phase !== 'Running') return undefined;
  const [since = operation.createdAt] = [startedAt, deliveredAt]
    .filter((at) => at !== undefined)
    .sort()
    .reverse();
  return timedOut(dated, 'RunningTimeout', since, runningDeadlineSeconds, now);
}

type Timeout = 'PendingTimeout' | 'RunningTimeout';

function timedOut(
  dated: DatedOperation,
  reason: Timeout,
  since: string,
  limitSeconds: number | undefined,
  now: string,
): OperationDecision | undefined {
  const { operation, owed } = dated;
  if (limitSeconds === undefined || Date.parse(shifted(since, limitSeconds)) > Date.parse(now)) return undefined;
  const message = [
    reason === 'PendingTimeout'
      ? `It has been Pending in the cluster since ${since}, longer than ${inWords(limitSeconds)} (pendingDeadlineSeconds ${limitSeconds}).`
      : `It has been Running since ${since}, longer than ${inWords(limitSeconds)} (runningDeadlineSeconds ${limitSeconds}).`,
    lastStatement(operation),
    watchingMessage(dated.watching),
    owed === 'Delete' ? 'Its cancel is still carried out.' : 'The resource is left in the cluster.',
  ].join(' ');
  const condition = operationCondition('Failed', 'True', reason, message, now);
  return {
    operation: withEnd(operation, 'Failed', condition, now),
    owed: owed === 'Delete' ? owed : undefined,
    events: [operationEvent(operation, reason, message, now)],
  };
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
