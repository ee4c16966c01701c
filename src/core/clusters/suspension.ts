/** Suspending and resuming all schedules of a cluster. */

import { type Call, ownLocked } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { eventsIn, kernelEvents } from '../kernel/rules/event.ts';
import { refuseRetired } from '../kernel/rules/referrers.ts';
import type { ClustersTable } from './ports.ts';
import type { Cluster } from './rules/cluster.ts';

/**
 * While a cluster is suspended, no schedule fires for it. Its slots are recorded as skipped, so none is made up for
 * later.
 */
export async function suspendCluster(
  { tx, caller, now }: Call<ClustersTable & EventsTable>,
  id: string,
  suspend: boolean,
  reason?: string,
): Promise<Cluster> {
  const { suspendReason: _, ...known } = await ownLocked(tx.clusters, caller, 'cluster', id);
  refuseRetired(`The cluster ${known.name}`, known.retiredAt);
  const turned = suspend ? 'Suspended' : 'Resumed';
  const message = `${turned} by ${actor(caller)}${reason === undefined ? '' : `: ${reason}`}.`;
  const about = { organizationId: caller.organizationId, clusterId: id };
  await tx.events.append([eventsIn(kernelEvents)(turned, { ...about, message, at: now })]);
  return tx.clusters.update({
    ...known,
    suspend,
    ...(suspend && reason !== undefined && { suspendReason: reason }),
    updatedAt: now,
  });
}
