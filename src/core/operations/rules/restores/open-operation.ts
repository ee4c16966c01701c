/**
 * Whether an Operation is open: its cluster may have its resource, and that has not ended.
 *
 *   opens    with its first possible apply: one that was sent without a known answer, or a resource whose uid is known
 *   closes   once its resource is known to have ended, or to be gone
 *
 * One that is held, waits for its delivery or was refused is not open: it keeps nothing else waiting. The operator lets
 * no Backup of an application begin while a Restore of it is open, and no Restore while a Backup is.
 */
import type { OperationType } from '../../../kernel/rules/operation-type.ts';
import type { Phase } from '../operation.ts';

export interface MaybeOpen {
  readonly phase: Phase;
  readonly uid?: string | undefined;
  /** Applies whose answer never came, one that is under way included. */
  readonly unanswered: number;
}

export function isOpen({ phase, uid, unanswered }: MaybeOpen): boolean {
  return (phase === 'Pending' || phase === 'Running') && (uid !== undefined || unanswered > 0);
}

/** The type of Operations of the same application that one of this type must not meet in the cluster. */
export function conflictingType(type: OperationType): 'Backup' | 'Restore' | undefined {
  if (type === 'Backup') return 'Restore';
  return type === 'Restore' ? 'Backup' : undefined;
}
