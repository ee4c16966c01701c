/**
 * What would hold back the slots of a schedule as things stand: a suspension, a cluster without room, a restore, the
 * Operation before. A preview and a creation say it, because the ledger says it only when the slot has come. Blackout
 * windows depend on the slot (preview.ts).
 */
import type { Organization } from '../../access/rules/access.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import type { FireReason } from './ledger.ts';
import type { Schedule } from './schedule.ts';

export interface Hold {
  /** Skip: every slot, until somebody resumes. Wait: the next slot, until it passes. */
  readonly effect: 'Skip' | 'Wait';
  readonly reason: FireReason;
  readonly message: string;
}

export interface Surroundings {
  readonly cluster: Pick<Cluster, 'name' | 'suspend' | 'suspendReason' | 'inFlightLimit'>;
  readonly organization: Pick<Organization, 'suspend' | 'suspendReason'> | undefined;
  readonly underWay: UnderWay;
}

export interface UnderWay {
  /** Operations in flight in the cluster. */
  readonly inClusterCount: number;
  /** The name of an Operation of the schedule that has not ended. */
  readonly ofSchedule?: string | undefined;
  /** The name of a Restore of the application that is open. */
  readonly restore?: string | undefined;
}

export function holdsOn(
  { concurrencyPolicy }: Pick<Schedule, 'concurrencyPolicy'>,
  { cluster, organization, underWay }: Surroundings,
): readonly Hold[] {
  const holds: Hold[] = [];
  const until = 'every slot is skipped until it is resumed';
  if (organization?.suspend === true) {
    const message = `The organization is suspended${because(organization)}: ${until}.`;
    holds.push({ effect: 'Skip', reason: 'OrganizationSuspended', message });
  }
  if (cluster.suspend) {
    const message = `The cluster ${cluster.name} is suspended${because(cluster)}: ${until}.`;
    holds.push({ effect: 'Skip', reason: 'ClusterSuspended', message });
  }
  const { inClusterCount, ofSchedule, restore } = underWay;
  if (restore !== undefined) {
    const message = `The Restore ${restore} of the application is open in the cluster: slots wait for its end.`;
    holds.push({ effect: 'Wait', reason: 'RestoreInFlight', message });
  }
  if (ofSchedule !== undefined && concurrencyPolicy === 'Forbid') {
    const message = `The Operation ${ofSchedule} of the schedule has not ended: with Forbid, slots wait for its end.`;
    holds.push({ effect: 'Wait', reason: 'PreviousInFlight', message });
  }
  const { inFlightLimit } = cluster;
  if (inFlightLimit !== undefined && inClusterCount >= inFlightLimit) {
    const message = `The cluster ${cluster.name} takes ${inFlightLimit} Operations at a time (inFlightLimit), and ${inClusterCount} are in flight: slots wait until there is room.`;
    holds.push({ effect: 'Wait', reason: 'ClusterBusy', message });
  }
  return holds;
}

function because({ suspendReason }: { readonly suspendReason?: string | undefined }): string {
  return suspendReason === undefined ? '' : ` (${suspendReason})`;
}
