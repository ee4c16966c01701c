/**
 * What becomes of that which one watch sees of Velero: it is recorded, and the condition VeleroKnown says whether it is
 * followed. Copies count as away only while it is (velero-work.ts).
 */

import type { ClusterDirectory } from '../clusters/ports.ts';
import type { Fence } from '../clusters/rules/fence.ts';
import type { VeleroWatcher } from './ports.ts';
import { type RecordVeleroPorts, recordVelero } from './record-velero.ts';
import { isComplete, type VeleroState, veleroKnown } from './rules/velero-known.ts';

export interface FollowVeleroPorts extends RecordVeleroPorts {
  readonly directory: Pick<ClusterDirectory, 'report'>;
}

export function followVelero(
  ports: FollowVeleroPorts,
  cluster: { readonly id: string; readonly organizationId: string },
  fence: Fence,
): VeleroWatcher {
  const { veleroRecord, directory, clock } = ports;
  const recorder = recordVelero(ports, cluster, fence);
  let since: string | undefined;
  return {
    namespace: () => veleroRecord.namespace(cluster.id),
    seen: recorder.seen,
    listed: recorder.listed,
    async state(state: VeleroState) {
      const now = await clock.now();
      since = isComplete(state) ? (since ?? now) : undefined;
      await veleroRecord.followed(cluster.id, { since, at: now }, fence);
      const conditions = [veleroKnown(state, recorder.leftOutCount())];
      // Whether the cluster answers at all is told by the watch of Operations.
      await directory.report(cluster.id, { conditions, contact: false, now }, fence);
    },
  };
}
