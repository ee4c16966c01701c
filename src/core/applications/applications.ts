/** The catalog of application classes, an organization's own retention for them, and the instances in clusters. */

import { atRevision, type Call, own, ownAsRead, ownLocked, type Reading } from '../access/call.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import { given } from '../kernel/rules/fields.ts';
import { notFound, ruleViolated } from '../kernel/rules/problem.ts';
import type {
  ApplicationClassesTable,
  ApplicationInstancesTable,
  LinkingTable,
  PlanClassesTable,
  RetentionOverridesTable,
} from './ports.ts';
import {
  type ApplicationClass,
  type ApplicationClassChange,
  type ApplicationInstance,
  type ApplicationInstanceChange,
  defaultDeadlines,
  type NewApplicationClass,
  type NewApplicationInstance,
  type RetentionOverride,
} from './rules/application.ts';
import { defaultRetention, type Retention } from './rules/retention.ts';

type OverridesTables = ApplicationClassesTable & RetentionOverridesTable;
type InstanceTables = ApplicationInstancesTable & ApplicationClassesTable;

export async function createApplicationClass(
  { tx, now, vault }: Call<ApplicationClassesTable>,
  input: NewApplicationClass,
): Promise<ApplicationClass> {
  const { name, displayName, retention, defaultParameters, recoveryPointTargetSeconds, ...deadlines } = input;
  const made: ApplicationClass = {
    id: vault.newId(),
    name,
    ...(displayName !== undefined && { displayName }),
    retention: { ...defaultRetention, ...retention },
    defaultParameters: defaultParameters ?? {},
    ...(recoveryPointTargetSeconds !== undefined && { recoveryPointTargetSeconds }),
    ...defaultDeadlines,
    ...given(deadlines),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.applicationClasses.insert(made);
  return made;
}

export async function changeApplicationClass(
  { tx, caller, now }: Call<ApplicationClassesTable>,
  id: string,
  change: ApplicationClassChange,
  revision?: number,
): Promise<ApplicationClass> {
  const known = await ownLocked(tx.applicationClasses, caller, 'application class', id);
  const { recoveryPointTargetSeconds: target, ...rest } = change;
  const { recoveryPointTargetSeconds: knownTarget, ...base } = atRevision(known, revision);
  const recoveryPointTargetSeconds = target === undefined ? knownTarget : (target ?? undefined);
  return tx.applicationClasses.update({
    ...base,
    ...given({ ...rest, recoveryPointTargetSeconds }),
    updatedAt: now,
  });
}

export async function removeApplicationClass(
  { tx, caller }: Call<ApplicationClassesTable>,
  id: string,
  revision?: number,
): Promise<void> {
  await ownAsRead(tx.applicationClasses, caller, 'application class', id, revision);
  await tx.applicationClasses.remove(caller.organizationId, id);
}

export async function putOverride(
  { tx, caller, now }: Call<OverridesTables>,
  classId: string,
  retention: Retention,
): Promise<RetentionOverride> {
  await own(tx.applicationClasses, caller, 'application class', classId);
  return tx.overrides.put(caller.organizationId, classId, retention, now);
}

export async function findOverride(
  { tx, caller }: Pick<Reading<OverridesTables>, 'tx' | 'caller'>,
  classId: string,
): Promise<RetentionOverride> {
  await own(tx.applicationClasses, caller, 'application class', classId);
  const known = await tx.overrides.find(caller.organizationId, classId);
  if (known === undefined) throw notFound('retention override for the application class', classId);
  return known;
}

export async function removeOverride(call: Call<OverridesTables>, classId: string): Promise<void> {
  await findOverride(call, classId);
  await call.tx.overrides.remove(call.caller.organizationId, classId);
}

export async function createApplicationInstance(
  { tx, caller, now, vault }: Call<InstanceTables & ClustersTable & LinkingTable>,
  input: NewApplicationInstance,
): Promise<ApplicationInstance> {
  if ((await tx.clusters.find(caller.organizationId, input.clusterId)) === undefined) {
    throw ruleViolated('/clusterId', `There is no cluster ${input.clusterId}; register it first.`);
  }
  await requireClass(tx, caller.organizationId, input.applicationClassId);
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
  revision?: number,
): Promise<ApplicationInstance> {
  const known = await ownLocked(tx.applicationInstances, caller, 'application instance', id);
  if (change.applicationClassId !== undefined) {
    await requireClass(tx, caller.organizationId, change.applicationClassId);
    await refuseOtherClassThanPlan(tx, known, change.applicationClassId);
  }
  return tx.applicationInstances.update({ ...atRevision(known, revision), ...given(change), updatedAt: now });
}

/** Refused (`in-use`) while schedules or Operations of ours refer to it; those that others made stay without it. */
export async function removeApplicationInstance(
  { tx, caller }: Call<ApplicationInstancesTable & LinkingTable>,
  id: string,
  revision?: number,
): Promise<void> {
  await ownAsRead(tx.applicationInstances, caller, 'application instance', id, revision);
  await tx.foreignOperations.unlink(id);
  await tx.applicationInstances.remove(caller.organizationId, id);
}

async function requireClass(tx: ApplicationClassesTable, organizationId: string, id: string): Promise<void> {
  if ((await tx.applicationClasses.find(organizationId, id)) === undefined) {
    throw ruleViolated('/applicationClassId', `There is no application class ${id}.`);
  }
}

/** A plan for one class stays with instances of that class. */
async function refuseOtherClassThanPlan(
  tx: PlanClassesTable,
  known: ApplicationInstance,
  classId: string,
): Promise<void> {
  if (known.protectionPlanId === undefined) return;
  const plan = await tx.protectionPlans.find(known.organizationId, known.protectionPlanId);
  if (plan?.applicationClassId === undefined || plan.applicationClassId === classId) return;
  const detail = `The protection plan ${plan.name} is for another application class; remove it first.`;
  throw ruleViolated('/applicationClassId', detail);
}
