/**
 * Cancels an Operation, wherever its resource may still be.
 *
 *   surely not in the cluster    it ends here and now; if it had ended already, there is nothing to cancel
 *   a call is under way          the request is kept; the process that makes the call sees it and deletes the resource
 *   ended here, left there       its phase stays, and its resource is deleted
 *   ended in the cluster         refused: deleting a finished resource deletes its backup
 *   else                         the resource is deleted in the cluster, now or when the cluster can be reached
 *
 * The Operation is Cancelled once the cluster states that the resource is gone. If the resource has finished meanwhile,
 * the Operation keeps that end.
 */

import type { Call } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { Doorbell, EventsTable } from '../kernel/ports.ts';
import { notFound, Refusal } from '../kernel/rules/problem.ts';
import type { OperationsTable } from './ports.ts';
import { withEnd } from './rules/end-operation.ts';
import { leftInCluster } from './rules/giving-up/left-in-cluster.ts';
import { isTerminal, type Operation } from './rules/operation.ts';
import { operationProblem } from './rules/problems.ts';
import { operationCondition, operationEvent } from './rules/reasons.ts';

/** Throws the Refusal `already-finished` when nothing is left to cancel. A second cancel changes nothing. */
export async function cancelOperation(
  { tx, caller, now }: Call<OperationsTable & EventsTable>,
  doorbell: Doorbell,
  id: string,
): Promise<Operation> {
  const locked = await tx.operations.lockOwed(caller.organizationId, id, now);
  if (locked === undefined) throw notFound('operation', id);
  const { operation, owed, unanswered, leased } = locked;
  if (isTerminal(operation.phase)) refuseUnlessLeft(operation);
  if (operation.cancelRequestedAt !== undefined && (owed === 'Cancel' || !isTerminal(operation.phase)))
    return operation;
  const by = actor(caller);
  await tx.events.append([operationEvent(operation, 'CancelRequested', `${by} asked to cancel it.`, now)]);
  const requested: Operation = { ...operation, cancelRequestedAt: now };
  if (owed === 'Apply' && unanswered === 0 && operation.uid === undefined) {
    const message = `Cancelled by ${by} before it was delivered.`;
    const condition = operationCondition('Cancelled', 'True', 'CancelledByUser', message, now);
    return tx.operations.updateOwed(withEnd(requested, 'Cancelled', condition, now), undefined);
  }
  // The process that makes the call sees the request when it records the answer, and then owes the deletion.
  if (leased) return tx.operations.update(requested);
  tx.afterCommit(() => doorbell.ring([operation.clusterId]));
  return tx.operations.updateOwed(requested, 'Cancel');
}

function refuseUnlessLeft(operation: Operation): void {
  const left = leftInCluster(operation);
  if (left === 'MayBeThere') return;
  const { name, phase, contradiction } = operation;
  const why =
    left === 'Gone'
      ? 'its resource is not in the cluster, so there is nothing to cancel'
      : `it has ended in the cluster${contradiction === undefined ? '' : ` (${contradiction.phase})`}, and what has ended there cannot be cancelled`;
  throw new Refusal(operationProblem['already-finished'], `${name} is ${phase}: ${why}.`);
}
