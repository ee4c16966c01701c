/** Wanting an Operation no more. */

import type { Call } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { Doorbell, EventsTable } from '../kernel/ports.ts';
import { withCondition } from '../kernel/rules/condition.ts';
import { notFound, Refusal } from '../kernel/rules/problem.ts';
import type { OperationsTable } from './ports.ts';
import { isTerminal, type Operation } from './rules/operation.ts';
import { operationProblem } from './rules/problems.ts';
import { operationCondition, operationEvent } from './rules/reasons.ts';

/**
 * Cancels, in every state. Surely not in the cluster: it ends here and now. Under way: the wish is kept, and whoever
 * makes the call goes on with it. Else the resource is deleted in the cluster, now or when it can be reached; the
 * Operation is Cancelled when the cluster says that it is gone, and if it has finished meanwhile it stays as it ended.
 */
export async function cancelOperation(
  { tx, caller, now }: Call<OperationsTable & EventsTable>,
  doorbell: Doorbell,
  id: string,
): Promise<Operation> {
  const locked = await tx.operations.lockOwed(caller.organizationId, id);
  if (locked === undefined) throw notFound('operation', id);
  const { operation, owed, unanswered, leased } = locked;
  if (isTerminal(operation.phase))
    throw new Refusal(
      operationProblem['already-finished'],
      `${operation.name} is ${operation.phase}; what has ended cannot be cancelled.`,
    );
  if (operation.cancelRequestedAt !== undefined) return operation;
  const by = actor(caller);
  await tx.events.append([operationEvent(operation, 'CancelRequested', `Cancelled by ${by}.`, now)]);
  const asked: Operation = { ...operation, cancelRequestedAt: now };
  if (owed === 'Apply' && unanswered === 0 && operation.uid === undefined) {
    const message = `Cancelled by ${by} before it was delivered.`;
    const condition = operationCondition('Cancelled', 'True', 'CancelledByUser', message, now);
    return tx.operations.updateOwed(
      { ...asked, phase: 'Cancelled', finishedAt: now, conditions: [...withCondition(asked.conditions, condition)] },
      undefined,
    );
  }
  // While a call is under way its outcome decides: it sees the wish and goes on with the deletion.
  if (leased) return tx.operations.update(asked);
  tx.afterCommit(() => doorbell.ring([operation.clusterId]));
  return tx.operations.updateOwed(asked, 'Delete');
}
