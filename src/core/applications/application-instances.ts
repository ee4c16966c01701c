/** Application instances: registering one, changing it, and removing the record. Nothing happens in the cluster. */

import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import type { QuotasTable } from '../access/ports.ts';
import { refuseBeyondQuota } from '../access/rules/quotas.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import { given } from '../kernel/rules/fields.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRetired, refuseWhileReferred } from '../kernel/rules/referrers.ts';
import type { ApplicationClassesTable, ApplicationInstancesTable, LinkingTable, PlanClassesTable } from './ports.ts';
import {
  type ApplicationInstance,
  type ApplicationInstanceChange,
  type NewApplicationInstance,
  namedInstance as named,
} from './rules/application.ts';

type InstanceTables = ApplicationInstancesTable & ApplicationClassesTable;

export async function createApplicationInstance(
  { tx, caller, now, vault }: Call<InstanceTables & ClustersTable & LinkingTable & QuotasTable>,
  input: NewApplicationInstance,
): Promise<ApplicationInstance> {
  const cluster = await tx.clusters.find(caller.organizationId, input.clusterId);
  if (cluster === undefined)
    throw ruleViolated('/clusterId', `There is no cluster ${input.clusterId}; register it first.`);
  refuseRetired(`The cluster ${cluster.name}`, cluster.retiredAt, '/clusterId');
  await refuseTwice(tx, input);
  await requireClass(tx, caller.organizationId, input.applicationClassId);
  const usage = await tx.quotas.usage('application instances', caller.organizationId, input.clusterId);
  refuseBeyondQuota('application instances', usage);
  const made: ApplicationInstance = {
    id: vault.newId(),
    organizationId: caller.organizationId,
    ...input,
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.applicationInstances.insert(made);
  await tx.foreignOperations.link(made);
  return made;
}

export async function changeApplicationInstance(
  { tx, caller, now }: Call<InstanceTables & PlanClassesTable>,
  id: string,
  change: ApplicationInstanceChange,
  revision?: ExpectedRevisions,
): Promise<ApplicationInstance> {
  const known = await ownLocked(tx.applicationInstances, caller, 'application instance', id);
  refuseRetired(named(known), known.retiredAt);
  if (change.applicationClassId !== undefined) {
    await requireClass(tx, caller.organizationId, change.applicationClassId);
    await refuseOtherClassThanPlan(tx, known, change.applicationClassId);
  }
  return tx.applicationInstances.update({ ...atRevision(known, revision), ...given(change), updatedAt: now });
}

/**
 * Throws the Refusal `in-use`, with counts, while schedules or Operations of ours refer to it. Operations that others made stay,
 * without an application instance.
 */
export async function removeApplicationInstance(
  { tx, caller }: Call<ApplicationInstancesTable & LinkingTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  const known = await ownAsRead(tx.applicationInstances, caller, 'application instance', id, revision);
  const { scheduleCount, removedScheduleCount, operationCount } = await tx.applicationInstances.referrers(id);
  refuseWhileReferred(
    named(known),
    'removed',
    { schedule: scheduleCount, 'removed schedule': removedScheduleCount, Operation: operationCount },
    'Retire it (retireApplicationInstance): that keeps its history and frees its place.',
  );
  await tx.foreignOperations.unlink(id);
  await tx.applicationInstances.remove(caller.organizationId, id);
}

/** Two clusters that are one API server would each back the application up, and take the other's Operations for foreign. */
export async function refuseTwice(
  tx: ApplicationInstancesTable,
  { clusterId, namespace, id }: { readonly clusterId: string; readonly namespace: string; readonly id?: string },
): Promise<void> {
  const twin = await tx.applicationInstances.twinWith(clusterId, namespace, id);
  if (twin === undefined) return;
  const detail = `The cluster ${twin} is the same API server, and has application instances in the namespace ${namespace}. Register the application there.`;
  throw ruleViolated('/clusterId', detail);
}

async function requireClass(tx: ApplicationClassesTable, organizationId: string, id: string): Promise<void> {
  if ((await tx.applicationClasses.find(organizationId, id)) === undefined) {
    throw ruleViolated('/applicationClassId', `There is no application class ${id}.`);
  }
}

/** A protection plan for one class may only be applied to instances of that class. */
async function refuseOtherClassThanPlan(
  tx: PlanClassesTable,
  known: ApplicationInstance,
  classId: string,
): Promise<void> {
  if (known.protectionPlanId === undefined) return;
  const plan = await tx.protectionPlans.find(known.organizationId, known.protectionPlanId);
  if (plan?.applicationClassId === undefined || plan.applicationClassId === classId) return;
  const detail = `The protection plan ${plan.name} is for another application class; detach it first.`;
  throw ruleViolated('/applicationClassId', detail);
}
