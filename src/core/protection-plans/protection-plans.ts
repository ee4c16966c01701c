/**
 * Creates, changes and removes protection plans. The built-in ones cannot be changed. A change of a protection plan and
 * of all schedules that follow it is one transaction, so no application instance follows half of it.
 */

import { atRevision, type Call, type ExpectedRevisions, refuseStale } from '../access/call.ts';
import { minimumIntervalSeconds } from '../access/organizations.ts';
import type { OrganizationsTable } from '../access/ports.ts';
import type { ApplicationClassesTable, ClusterApplicationsTable } from '../applications/ports.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { given } from '../kernel/rules/fields.ts';
import { notFound, Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { moveWarningsOfPlan } from '../scheduling/rules/recurrence/recurrence-warnings.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import { builtIn } from './find-protection-plans.ts';
import type { ProtectionPlansTable } from './ports.ts';
import { protectionPlanAcceptance } from './protection-plan-acceptance.ts';
import { reconcileInstances } from './reconcile-instances.ts';
import {
  builtInProtectionPlans,
  checkEntries,
  entriesOf,
  keptNote,
  type NewProtectionPlan,
  type ProtectionPlanChange,
  type SavedProtectionPlan,
  type StoredProtectionPlan,
} from './rules/protection-plan.ts';
import type { ReconciledSchedules } from './rules/reconcile-schedules.ts';
import { writeReconciled } from './write-reconciled.ts';

const kind = 'protection plan';
export type ProtectionPlanTables = ProtectionPlansTable &
  ApplicationClassesTable &
  ClusterApplicationsTable &
  OrganizationsTable &
  EventsTable;

export async function createProtectionPlan(
  call: Call<ProtectionPlansTable & ApplicationClassesTable & OrganizationsTable>,
  input: NewProtectionPlan,
): Promise<SavedProtectionPlan> {
  const { tx, caller, now, vault } = call;
  refuseBuiltInName(input.name);
  if (
    input.applicationClassId !== undefined &&
    (await tx.applicationClasses.find(caller.organizationId, input.applicationClassId)) === undefined
  ) {
    throw ruleViolated('/applicationClassId', `There is no application class ${input.applicationClassId}.`);
  }
  const plan: StoredProtectionPlan = {
    ...input,
    id: vault.newId(),
    organizationId: caller.organizationId,
    timeZone: input.timeZone ?? 'Etc/UTC',
    entries: entriesOf(input.entries),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  const warnings = checkEntries(plan, now, await minimumIntervalSeconds(call));
  await tx.protectionPlans.insert(plan);
  return { ...plan, builtIn: false, appliedCount: 0, warnings, note: keptNote };
}

export async function changeProtectionPlan(
  call: Call<ProtectionPlansTable & ClusterApplicationsTable & OrganizationsTable & EventsTable>,
  id: string,
  { entries, ...change }: ProtectionPlanChange,
  revision?: ExpectedRevisions,
): Promise<SavedProtectionPlan> {
  const { tx, caller, now } = call;
  const known = await lockOwn(call, id);
  if (change.name !== undefined) refuseBuiltInName(change.name);
  const wanted = {
    ...atRevision(known, revision),
    ...given(change),
    ...(entries !== undefined && { entries: entriesOf(entries) }),
    updatedAt: now,
  };
  const warnings = checkEntries(wanted, now, entries === undefined ? undefined : await minimumIntervalSeconds(call));
  const plan = await tx.protectionPlans.update(wanted);
  const applied = await tx.protectionPlans.lockApplied(caller.organizationId, id);
  const { reconciled, known: before } = await reconcileInstances(call, plan, applied);
  const accepted = await acceptChange(call, plan, applied, reconciled, before);
  await writeReconciled(call, reconciled, before, `with the protection plan ${plan.name}`);
  return {
    ...plan,
    builtIn: false,
    appliedCount: applied.length,
    warnings: [...warnings, ...moveWarningsOfPlan(before, reconciled.changed, now), ...accepted],
    note: keptNote,
  };
}

/** Refused (`in-use`) while it is applied. */
export async function removeProtectionPlan(
  call: Call<ProtectionPlansTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  const { tx, caller } = call;
  const known = await lockOwn(call, id);
  refuseStale(kind, known, revision);
  const { length } = await tx.protectionPlans.lockApplied(caller.organizationId, id);
  if (length > 0) {
    throw new Refusal(
      'in-use',
      `The ${kind} ${known.name} is applied to ${length} application instance${length === 1 ? '' : 's'}; detach it there, or apply another one.`,
    );
  }
  await tx.protectionPlans.remove(caller.organizationId, id);
}

/**
 * Judges the schedules that are made, or whose ttl changes, by what their clusters are known to accept. If one
 * application instance cannot follow, the change is refused for all.
 */
async function acceptChange(
  call: Call<ProtectionPlansTable & ClusterApplicationsTable>,
  plan: StoredProtectionPlan,
  applied: readonly ApplicationInstance[],
  { made, changed }: ReconciledSchedules,
  before: readonly Schedule[],
): Promise<readonly string[]> {
  const ttls = new Map(before.map(({ id, ttl }) => [id, ttl]));
  const judged = [...made, ...changed.filter(({ id, ttl }) => ttls.get(id) !== ttl)];
  if (judged.length === 0) return [];
  const { unaccepted, warnings } = await protectionPlanAcceptance(call, judged, applied, (entry, field) => {
    const at = `/entries/${plan.entries.findIndex(({ name }) => name === entry)}`;
    return field === 'ttl' ? `${at}/ttl` : at;
  });
  if (unaccepted.length === 0) return warnings;
  throw new Refusal(
    'rule-violated',
    `The protection plan ${plan.name} is applied in a cluster whose operator does not accept all that the change asks for. Nothing was changed, at no application instance. Solve it there, or detach the protection plan there first.`,
    { errors: unaccepted },
  );
}

/** Locks one of the organization's own protection plans for a change. A built-in one is refused. */
async function lockOwn({ tx, caller }: Call<ProtectionPlansTable>, id: string): Promise<StoredProtectionPlan> {
  if (builtIn(caller.organizationId, id) !== undefined) {
    throw new Refusal(
      'rule-violated',
      'A built-in protection plan cannot be changed or removed; create one of your own.',
    );
  }
  const known = await tx.protectionPlans.lock(caller.organizationId, id);
  if (known === undefined) throw notFound(kind, id);
  return known;
}

function refuseBuiltInName(name: string): void {
  const known = builtInProtectionPlans('').find((plan) => plan.name === name);
  if (known === undefined) return;
  throw new Refusal('already-exists', `${name} is the name of a built-in protection plan.`, {
    errors: [{ pointer: '/name', detail: 'is taken; choose another name.' }],
    existingId: known.id,
  });
}
