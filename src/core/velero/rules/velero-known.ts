/** The condition VeleroKnown of a cluster, from the state of the watch of Velero's resources. */

import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import type { ReportedCondition } from '../../kernel/rules/condition.ts';
import { veleroCondition } from './reasons.ts';
import { maxOthersCount } from './velero-caps.ts';

/** Watching: Backups are followed, except the limits. */
export type VeleroState =
  | {
      readonly kind: 'Watching';
      readonly limited?: readonly {
        readonly resource: string;
        readonly reason: 'Refused' | 'Polled';
        readonly message: string;
      }[];
    }
  | { readonly kind: 'Interrupted'; readonly failure: ClusterFailure };

const without =
  'Copies are known from the operator alone: one that has vanished is not noticed, and there are no counts.';

export function veleroKnown(state: VeleroState, leftOutCount: number): ReportedCondition {
  if (state.kind === 'Interrupted') {
    const { failure } = state;
    const { kind, message } = failure;
    if (kind !== 'Refused') return veleroCondition('VeleroKnown', 'Unknown', 'Interrupted', message, '');
    const reason = failure.status === 404 ? 'NotServed' : 'NotAllowed';
    return veleroCondition('VeleroKnown', 'False', reason, `${without} ${message}`, '');
  }
  const limits = (state.limited ?? []).map(({ resource, reason, message }) => `${resource} (${reason}): ${message}`);
  const leftOut =
    leftOutCount === 0
      ? []
      : [
          `${leftOutCount} Backups and Restores that others made are left out: ${maxOthersCount} are recorded of a cluster.`,
        ];
  const message = ["The service follows Velero's Backups, Restores and storage locations.", ...leftOut, ...limits];
  const reason = leftOut.length > 0 ? 'LeftOut' : limits.length > 0 ? 'Limited' : 'Followed';
  return veleroCondition('VeleroKnown', 'True', reason, message.join(' '), '');
}

/** Whether a Backup that is not seen is not there: Backups and storage locations are both followed. */
export function isComplete(state: VeleroState): boolean {
  return (
    state.kind === 'Watching' &&
    (state.limited ?? []).every(({ resource, reason }) => reason === 'Polled' || resource === 'restores')
  );
}
