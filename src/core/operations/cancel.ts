/** Wanting an Operation no more. */

import type { Call } from '../access/call.ts';
import type { Doorbell, EventsTable } from '../kernel/ports.ts';
import { withCondition } from '../kernel/rules/condition.ts';
import { notFound, Refusal } from '../kernel/rules/problem.ts';
import type { OperationsTable } from './ports.ts';
import { isTerminal, type Operation } from './rules/operation.ts';

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
      'already-finished',
      `${operation.name} is ${operation.phase}; what has ended cannot be cancelled.`,
    );
  if (operation.cancelRequestedAt !== undefined) return operation;
  const by = caller.onBehalfOf ?? caller.name;
  const { organizationId, clusterId, applicationInstanceId, scheduleId } = operation;
  await tx.events.append([
    {
      organizationId,
      clusterId,
      applicationInstanceId,
      operationId: id,
      ...(scheduleId !== undefined && { scheduleId }),
      type: 'Normal',
      reason: 'CancelRequested',
      message: `Cancelled by ${by}.`,
      at: now,
    },
  ]);
  const asked: Operation = { ...operation, cancelRequestedAt: now };
  if (owed === 'Apply' && unanswered === 0 && operation.uid === undefined) {
    const condition = {
      type: 'Cancelled',
      status: 'True',
      reason: 'CancelledByUser',
      message: `Cancelled by ${by} before it was delivered.`,
      lastTransitionTime: now,
    } as const;
    return tx.operations.updateOwed(
      { ...asked, phase: 'Cancelled', finishedAt: now, conditions: [...withCondition(asked.conditions, condition)] },
      undefined,
    );
  }
  // While a call is under way its outcome decides: it sees the wish and goes on with the deletion.
  if (leased) return tx.operations.update(asked);
  tx.afterCommit(() => doorbell.ring([clusterId]));
  return tx.operations.updateOwed(asked, 'Delete');
}
