/**
 * Retires a cluster. Its record, its events and its Operations stay, and its name is free for the next. The service
 * forgets the credentials, so nothing watches, checks or calls the cluster any more, and gives up the calls that it
 * still owes to it.
 */
import { type Call, ownLocked } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { refuseWhileReferred } from '../kernel/rules/referrers.ts';
import type { ClustersTable } from './ports.ts';
import type { Cluster } from './rules/cluster.ts';
import { clusterEvent } from './rules/reasons.ts';

/** One that is retired already stays as it is. */
export async function retireCluster(
  { tx, caller, now }: Call<ClustersTable & EventsTable>,
  id: string,
): Promise<Cluster> {
  const {
    agentTokenCreatedAt: _token,
    throttledUntil: _pause,
    ...known
  } = await ownLocked(tx.clusters, caller, 'cluster', id);
  if (known.retiredAt !== undefined) return known;
  const { applicationCount, openOperationCount } = await tx.clusters.referrers(id);
  refuseWhileReferred(
    `The cluster ${known.name}`,
    'retired',
    { 'application instance': applicationCount, 'Operation that has not ended': openOperationCount },
    'Retire or move the application instances, and wait for the Operations or cancel them.',
  );
  const retired = await tx.clusters.retire({
    ...known,
    conditions: [],
    copiesFrom: now,
    retiredAt: now,
    updatedAt: now,
  });
  const message = `Retired by ${actor(caller)}. Nothing watches it any more, and its credentials are forgotten.`;
  const about = { organizationId: caller.organizationId, clusterId: id, at: now };
  await tx.events.append([clusterEvent({ reason: 'ClusterRetired', message }, about)]);
  return retired;
}
