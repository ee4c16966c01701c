/** Reads what would hold back the slots of a schedule as things stand (rules/holds.ts). */
import { own, type Reading } from '../access/call.ts';
import type { OrganizationsTable } from '../access/ports.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import type { SchedulesTable } from './ports.ts';
import { type Hold, holdsOn } from './rules/holds.ts';
import type { Schedule } from './rules/schedule.ts';

export type HoldTables = OrganizationsTable & ClustersTable & SchedulesTable;

export async function holdsNow(
  { tx, caller }: Pick<Reading<HoldTables>, 'tx' | 'caller'>,
  schedule: Pick<Schedule, 'id' | 'clusterId' | 'applicationInstanceId' | 'concurrencyPolicy'>,
): Promise<readonly Hold[]> {
  const { organizationId } = caller;
  return holdsOn(schedule, {
    cluster: await own(tx.clusters, caller, 'cluster', schedule.clusterId),
    organization: await tx.organizations.find(organizationId, organizationId),
    underWay: await tx.schedules.underWay(schedule),
  });
}
