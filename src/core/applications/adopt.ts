/**
 * Applications that were found in clusters become application instances, and instances are shown with what their clusters
 * say of them.
 */

import { type Call, own } from '../access/call.ts';
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
  LinkingTable;

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
    throw new Refusal('already-exists', `${place} is the application instance ${found.applicationInstanceId} already.`);
  if (found.goneAt !== undefined)
    throw new Refusal('rule-violated', `${place} is gone from the cluster since ${found.goneAt}.`);
  if (!DnsLabel.safeParse(found.name).success)
    throw new Refusal('rule-violated', `${place} has a name that is no DNS label, as application instances need it.`);
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
  const made = catalogId === undefined ? 'names nothing of the catalog' : `was made from ${catalogId}`;
  throw ruleViolated('/applicationClassId', `is needed: the application ${made}, and no class has that name.`);
}
