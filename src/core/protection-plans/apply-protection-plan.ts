/**
 * Applies a protection plan to an application instance, and detaches it. Applying the same one again changes nothing.
 * Another one replaces the one before. Schedules made by hand are left alone.
 */

import { refusalsAsWarnings } from '../acceptance/rules/accepted-parameters.ts';
import type { Call } from '../access/call.ts';
import { minimumIntervalSeconds } from '../access/organizations.ts';
import type { OrganizationsTable, QuotasTable } from '../access/ports.ts';
import { refuseBeyondQuota } from '../access/rules/quotas.ts';
import type { ApplicationInstancesTable, ClusterApplicationsTable } from '../applications/ports.ts';
import { type ApplicationInstance, namedInstance } from '../applications/rules/application.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { notFound, Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRetired } from '../kernel/rules/referrers.ts';
import { blackoutWindows } from '../scheduling/blackout-windows.ts';
import type { BlackoutWindowsTable } from '../scheduling/ports.ts';
import { blackoutWarnings } from '../scheduling/rules/preview.ts';
import { moveWarningsOfPlan } from '../scheduling/rules/recurrence/recurrence-warnings.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import { chosenProtectionPlan, type ProtectionPlanChoice } from './find-protection-plans.ts';
import type { ProtectionPlansTable } from './ports.ts';
import { protectionPlanAcceptance } from './protection-plan-acceptance.ts';
import { reconcileInstances } from './reconcile-instances.ts';
import { checkEntries, keptNote, type StoredProtectionPlan } from './rules/protection-plan.ts';
import type { ReconciledSchedules } from './rules/reconcile-schedules.ts';
import { writeReconciled } from './write-reconciled.ts';

export type ApplyProtectionPlanTables = ProtectionPlansTable &
  ApplicationInstancesTable &
  ClusterApplicationsTable &
  OrganizationsTable &
  QuotasTable &
  BlackoutWindowsTable &
  EventsTable;

export interface AppliedProtectionPlan {
  readonly applicationInstanceId: string;
  readonly protectionPlanId: string;
  readonly protectionPlanName: string;
  readonly timeZone: string;
  readonly schedules: Schedule[];
  readonly warnings: string[];
  readonly note: string;
}

export interface DetachedProtectionPlan {
  readonly applicationInstanceId: string;
  readonly removedCount: number;
  readonly note: string;
}

export async function applyProtectionPlan(
  call: Call<ApplyProtectionPlanTables>,
  instanceId: string,
  { timeZone, ...choice }: ProtectionPlanChoice & { readonly timeZone?: string | undefined },
): Promise<AppliedProtectionPlan> {
  const { tx, caller, now } = call;
  const { organizationId } = caller;
  // An application instance of another organization is not found, whatever else is wrong with the request.
  if ((await tx.applicationInstances.find(organizationId, instanceId)) === undefined) {
    throw notFound('application instance', instanceId);
  }
  const plan = await lockedProtectionPlan(call, choice);
  const known = await lockedInstance(call, instanceId);
  refuseRetired(namedInstance(known), known.retiredAt);
  const pointer = choice.protectionPlanId === undefined ? '/protectionPlanName' : '/protectionPlanId';
  if (plan.applicationClassId !== undefined && plan.applicationClassId !== known.applicationClassId) {
    throw ruleViolated(
      pointer,
      `The protection plan ${plan.name} is for instances of the application class ${plan.applicationClassId}; this one is of ${known.applicationClassId}.`,
    );
  }
  const warnings = checkedEntries(plan, timeZone, now, await minimumIntervalSeconds(call));
  const instance = await withProtectionPlan(call, known, plan.id, timeZone);
  const { reconciled, known: before } = await reconcileInstances(call, plan, [instance]);
  const accepted = await acceptApplied(call, plan, instance, reconciled, pointer);
  await refuseTooManySchedules(call, instance, reconciled);
  await writeReconciled(call, reconciled, before, `with the protection plan ${plan.name}`);
  const schedules = await tx.protectionPlans.lockSchedules([instanceId]);
  return {
    applicationInstanceId: instanceId,
    protectionPlanId: plan.id,
    protectionPlanName: plan.name,
    timeZone: timeZone ?? plan.timeZone,
    schedules: schedules.filter(({ protectionPlanId }) => protectionPlanId === plan.id),
    warnings: [...warnings, ...moveWarningsOfPlan(before, reconciled.changed, now), ...accepted],
    note: keptNote,
  };
}

/** Applying a plan that is applied already adds nothing, and is never refused. */
async function refuseTooManySchedules(
  { tx, caller }: Call<QuotasTable>,
  { clusterId }: ApplicationInstance,
  { made, removed }: ReconciledSchedules,
): Promise<void> {
  const adding = made.length - removed.length;
  if (adding <= 0) return;
  refuseBeyondQuota('schedules', await tx.quotas.usage('schedules', caller.organizationId, clusterId), adding);
}

/** Removes the schedules that the protection plan made. Copies stay until their time to live ends. */
export async function detachProtectionPlan(
  call: Call<ProtectionPlansTable & ApplicationInstancesTable & EventsTable>,
  instanceId: string,
): Promise<DetachedProtectionPlan> {
  const instance = await withProtectionPlan(call, await lockedInstance(call, instanceId), undefined, undefined);
  const { reconciled, known } = await reconcileInstances(call, undefined, [instance]);
  await writeReconciled(call, reconciled, known, 'who detached the protection plan');
  const note = 'Existing copies keep the time to live with which they were made. Schedules made by hand stay.';
  return { applicationInstanceId: instanceId, removedCount: reconciled.removed.length, note };
}

/**
 * Judges the schedules as if they were created by hand, and returns warnings. When they are in effect already, nothing
 * is refused, and the refusals become warnings.
 */
async function acceptApplied(
  call: Call<ApplyProtectionPlanTables>,
  plan: StoredProtectionPlan,
  instance: ApplicationInstance,
  { made, changed, kept }: ReconciledSchedules,
  pointer: string,
): Promise<readonly string[]> {
  const schedules = [...made, ...changed, ...kept];
  const { unaccepted, warnings } = await protectionPlanAcceptance(call, schedules, [instance], () => pointer);
  if (unaccepted.length > 0 && made.length + changed.length > 0) {
    throw new Refusal(
      'rule-violated',
      `The protection plan ${plan.name} cannot be applied: the cluster's operator does not accept all that it asks for.`,
      { errors: unaccepted },
    );
  }
  const windows = await blackoutWindows(call);
  return [
    ...refusalsAsWarnings(unaccepted),
    ...warnings,
    ...schedules.flatMap((schedule) =>
      blackoutWarnings(schedule, windows, call.now).map((warning) => `${schedule.protectionPlanEntry}: ${warning}`),
    ),
  ];
}

/** Locks the protection plan, unless it is built in, so that it neither changes nor goes away meanwhile. */
async function lockedProtectionPlan(
  call: Call<ProtectionPlansTable>,
  choice: ProtectionPlanChoice,
): Promise<StoredProtectionPlan> {
  const { builtIn, ...plan } = await chosenProtectionPlan(call, choice);
  if (builtIn) return plan;
  const locked = await call.tx.protectionPlans.lock(call.caller.organizationId, plan.id);
  if (locked === undefined) throw ruleViolated('/protectionPlanId', `There is no protection plan ${plan.id}.`);
  return locked;
}

async function lockedInstance({ tx, caller }: Call<ProtectionPlansTable>, id: string): Promise<ApplicationInstance> {
  const known = await tx.protectionPlans.lockInstance(caller.organizationId, id);
  if (known === undefined) throw notFound('application instance', id);
  return known;
}

async function withProtectionPlan(
  { tx, now }: Call<ApplicationInstancesTable>,
  known: ApplicationInstance,
  protectionPlanId: string | undefined,
  protectionPlanTimeZone: string | undefined,
): Promise<ApplicationInstance> {
  if (known.protectionPlanId === protectionPlanId && known.protectionPlanTimeZone === protectionPlanTimeZone) {
    return known;
  }
  return tx.applicationInstances.update({ ...known, protectionPlanId, protectionPlanTimeZone, updatedAt: now });
}

/**
 * The organization's least interval may have grown since the protection plan was made, so it is checked at each use.
 */
function checkedEntries(
  plan: StoredProtectionPlan,
  timeZone: string | undefined,
  now: string,
  minimumIntervalSeconds: number | undefined,
): string[] {
  try {
    return checkEntries({ ...plan, timeZone: timeZone ?? plan.timeZone }, now, minimumIntervalSeconds);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw ruleViolated('/protectionPlanId', `The protection plan ${plan.name} cannot be applied: ${error.message}`);
  }
}
