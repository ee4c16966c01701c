/**
 * Whether the resource of an Operation that has ended may still be in its cluster, as far as the record knows. One that
 * the cluster has ended stays there by intent; what is asked here is whether there is something to cancel.
 *
 *   MayBeThere   it was given up here, and its resource was left: by a deadline, for the engine's own word, or by a
 *                version of this service that withdrew nothing
 *   Ended        the cluster has ended it, here or later
 *   Gone         it never arrived, or the cluster has stated that it is gone
 */
import type { Operation } from '../operation.ts';

/** Ends of ours after which the operator may still wait, or work. */
const endsAfterStart: readonly string[] = ['RunningTimeout', 'FailedValidation'];
const ourEnds: readonly string[] = ['PendingTimeout', 'DeadlineExceeded', ...endsAfterStart];

export function leftInCluster(operation: Operation): 'MayBeThere' | 'Ended' | 'Gone' {
  const { phase, uid, contradiction, resourceGoneAt, conditions } = operation;
  const end = conditions.find(({ type, status }) => type === phase && status === 'True')?.reason;
  if (contradiction !== undefined) return 'Ended';
  if (resourceGoneAt !== undefined || end === 'ExternalDeletion' || end === 'CancelledByUser') return 'Gone';
  if (!wasGivenUp(operation)) return 'Ended';
  return uid === undefined ? 'Gone' : 'MayBeThere';
}

/** It was known to have started when it ended, or has started since. */
export function hadStarted({ startedAt, inFlightInCluster, conditions }: Operation): boolean {
  return (
    startedAt !== undefined ||
    inFlightInCluster?.phase === 'Running' ||
    conditions.some(({ type, reason }) => type === 'Failed' && endsAfterStart.includes(reason))
  );
}

/** It failed by a decision of ours, or before the cluster was known to have its resource. */
export function wasGivenUp({ phase, deliveredAt, conditions }: Operation): boolean {
  if (phase !== 'Failed') return false;
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  return deliveredAt === undefined || ourEnds.includes(failed?.reason ?? '');
}
