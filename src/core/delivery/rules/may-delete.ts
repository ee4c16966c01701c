/**
 * Whether the resource that was just seen may be deleted. The one rule for every reason; the delete that follows is
 * bound to the uid and the version that was seen here.
 *
 *   Cancel     what has not ended: deleting a finished Backup deletes its copy
 *   Withdraw   what has not started. What runs is deleted only when its engine is known not to work on it, and it is an
 *              overdue Restore, or has ended here because the engine refused it: of a Restore half an application would be
 *              left, and of a Backup no copy
 *   Tidy       what has ended, once this version is recorded and while the rules of tidying still say so: nothing else of
 *              its target is in flight, and the copy of a Backup is gone
 *
 *   Delete     delete it now
 *   Wait       not now: it is being deleted already, or its target is busy. It stays owed
 *   Leave      not for this reason, and never again: nothing is owed any more
 */

import { isOverdue, withdrawalOf } from '../../operations/rules/giving-up/withdraw.ts';
import type { KnownOperation, Observation } from '../../operations/rules/observed/observation.ts';
import { statedPhase } from '../../operations/rules/observed/observed-status.ts';
import { type DeletionReason, isTerminal } from '../../operations/rules/operation.ts';

/** What is known beside the resource. What nobody knows speaks against the deletion. */
export interface DeletionFacts {
  /** It is still to leave the cluster (src/core/tidying/rules/tidy.ts). */
  readonly mayLeave: boolean;
  /** The engine is known not to work on it, and left no copy (src/core/velero/rules/engine-end.ts). */
  readonly engineIdle: boolean;
}

export const nothingKnown: DeletionFacts = { mayLeave: false, engineIdle: false };

export interface Deletion {
  readonly reason: DeletionReason;
  readonly operation: KnownOperation;
}

export type DeletionVerdict = 'Delete' | 'Wait' | 'Leave';

export function mayDelete(deletion: Deletion, seen: Observation, facts: DeletionFacts): DeletionVerdict {
  const { reason, operation } = deletion;
  const allowed: DeletionVerdict = seen.deletingSince === undefined ? 'Delete' : 'Wait';
  switch (reason) {
    case 'Cancel':
      return hasEnded(seen) ? 'Leave' : allowed;
    case 'Withdraw':
      if (hasEnded(seen)) return 'Leave';
      if (!hasStarted(operation, seen)) return allowed;
      if (withdrawalOf(operation)?.reason === 'FailedValidation') return facts.engineIdle ? allowed : 'Leave';
      if (operation.type !== 'Restore' || !isOverdue(operation)) return 'Leave';
      return facts.engineIdle ? allowed : 'Wait';
    case 'Tidy':
      if (!isTerminal(statedPhase(seen.status, false))) return 'Leave';
      return facts.mayLeave && operation.observedVersion === seen.resourceVersion ? allowed : 'Wait';
  }
}

/** An operator that looks again at what has ended states Pending, and keeps the time of its end. */
function hasEnded({ status }: Observation): boolean {
  return isTerminal(statedPhase(status, false)) || status.finishedAt !== undefined;
}

function hasStarted({ phase, startedAt, contradiction }: KnownOperation, { status }: Observation): boolean {
  return (
    statedPhase(status, false) !== 'Pending' ||
    status.startedAt !== undefined ||
    startedAt !== undefined ||
    phase === 'Running' ||
    contradiction !== undefined
  );
}
