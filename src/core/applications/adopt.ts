/**
 * Adopting: an application that the watch found in a cluster becomes an application instance. Operations that others
 * made for it are joined with it. Nothing happens in the cluster.
 */

import { type Call, own } from '../access/call.ts';
import type { QuotasTable } from '../access/ports.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import { DnsLabel } from '../kernel/rules/names.ts';
import { notFound, Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { createApplicationInstance } from './application-instances.ts';
import { withState } from './observed-state.ts';
import type {
  ApplicationClassesTable,
  ApplicationInstancesTable,
  ClusterApplicationsTable,
  LinkingTable,
} from './ports.ts';
import type { ApplicationClass, ApplicationInstance } from './rules/application.ts';
import type { Adoption, ClusterApplication } from './rules/cluster-application.ts';

export type AdoptionTables = ApplicationInstancesTable &
  ApplicationClassesTable &
  ClusterApplicationsTable &
  ClustersTable &
  LinkingTable &
  QuotasTable;

export async function adoptApplication(
  call: Call<AdoptionTables>,
  clusterId: string,
  id: string,
  { applicationClassId, displayName }: Adoption,
): Promise<ApplicationInstance> {
  const { tx, caller } = call;
  await own(tx.clusters, caller, 'cluster', clusterId);
  const found = await tx.clusterApplications.find(caller.organizationId, clusterId, id);
  if (found === undefined) throw notFound('application of the cluster', id);
  const place = `${found.namespace}/${found.name}`;
  if (found.applicationInstanceId !== undefined)
    throw new Refusal(
      'already-exists',
      `${place} is already registered as the application instance ${found.applicationInstanceId}.`,
      { existingId: found.applicationInstanceId },
    );
  if (found.goneAt !== undefined)
    throw new Refusal('rule-violated', `${place} has been gone from the cluster since ${found.goneAt}.`);
  if (!DnsLabel.safeParse(found.name).success)
    throw new Refusal('rule-violated', `The name of ${place} is no DNS label, which an application instance needs.`);
  const made = await createApplicationInstance(call, {
    clusterId,
    applicationClassId: applicationClassId ?? (await classOf(tx, found)).id,
    namespace: found.namespace,
    name: found.name,
    ...(displayName !== undefined && { displayName }),
  });
  return withState(tx, made);
}

async function classOf(tx: ApplicationClassesTable, { catalogId }: ClusterApplication): Promise<ApplicationClass> {
  const found = catalogId === undefined ? undefined : await tx.applicationClasses.named(catalogId);
  if (found !== undefined) return found;
  const why =
    catalogId === undefined
      ? 'the application has no catalogId that names its class.'
      : `no application class has the name ${catalogId}, which is the catalogId of the application.`;
  throw ruleViolated('/applicationClassId', `is needed: ${why}`);
}
