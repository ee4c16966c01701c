/**
 * Whether an Operation is open: its cluster may have its resource, and that has not ended.
 *
 *   opens    with its first possible apply: one that was sent without a known answer, or a resource whose uid is known
 *   closes   once its resource is known to have ended, or to be gone
 *   again    a Restore that has ended here and that its cluster states as Pending or Running: the operator has put it
 *            back, or leaves it Running although Velero refused it. A Backup that met it would wait for it, and it for
 *            the Backup, for ever
 *
 * One that is held, waits for its delivery or was refused is not open: it keeps nothing else waiting. The operator lets
 * no Backup of an application begin while a Restore of it is open, and no Restore while a Backup is. A Backup that has
 * ended here keeps no Restore waiting, whatever its cluster states: its copy is made, or is waited for no longer.
 */
import type { OperationType } from '../../../kernel/rules/operation-type.ts';
import { isTerminal, type Operation } from '../operation.ts';

export interface MaybeOpen extends Pick<Operation, 'type' | 'phase' | 'uid' | 'inFlightInCluster'> {
  /** Applies whose answer never came, one that is under way included. */
  readonly unanswered: number;
}

export function isOpen({ type, phase, uid, unanswered, inFlightInCluster }: MaybeOpen): boolean {
  if (isTerminal(phase)) return type === 'Restore' && inFlightInCluster !== undefined;
  return uid !== undefined || unanswered > 0;
}

/** The type of Operations of the same application that one of this type must not meet in the cluster. */
export function conflictingType(type: OperationType): 'Backup' | 'Restore' | undefined {
  if (type === 'Backup') return 'Restore';
  return type === 'Restore' ? 'Backup' : undefined;
}
