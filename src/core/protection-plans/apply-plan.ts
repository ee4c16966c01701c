/**
 * A protection plan in effect on an application instance. Applying says what is to be: again it changes nothing, another
 * plan takes the place of the one before. Schedules made by hand are left alone.
 */

import { foreseePlan, willFail } from '../acceptance/foresee.ts';
import type { Call } from '../access/call.ts';
import { forewarned } from '../applications/adopt.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import { notFound, Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { blackoutWindows } from '../scheduling/preview.ts';
import { blackoutWarnings } from '../scheduling/rules/preview.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import { chosenPlan, minimumInterval, type PlanChoice, stepsFor } from './protection-plans.ts';
import type { PlanSteps } from './rules/in-step.ts';
import { checkEntries, keptNote, type StoredProtectionPlan } from './rules/protection-plan.ts';

export interface Applied {
  readonly applicationInstanceId: string;
  readonly protectionPlanId: string;
  readonly protectionPlanName: string;
  readonly timeZone: string;
  readonly schedules: Schedule[];
  readonly warnings: string[];
  readonly note: string;
}

export interface Unapplied {
  readonly applicationInstanceId: string;
  readonly removedCount: number;
  readonly note: string;
}

export async function applyProtectionPlan(
  call: Call,
  instanceId: string,
  { timeZone, ...choice }: PlanChoice & { readonly timeZone?: string | undefined },
): Promise<Applied> {
  const { tx, caller, now } = call;
  const { organizationId } = caller;
  // What belongs to others is not there, whatever else is wrong.
  if ((await tx.applicationInstances.find(organizationId, instanceId)) === undefined) {
    throw notFound('application instance', instanceId);
  }
  const plan = await lockedPlan(call, choice);
  const known = await lockedInstance(call, instanceId);
  const pointer = choice.protectionPlanId === undefined ? '/protectionPlanName' : '/protectionPlanId';
  if (plan.applicationClassId !== undefined && plan.applicationClassId !== known.applicationClassId) {
    throw ruleViolated(
      pointer,
      `The protection plan ${plan.name} is for instances of the application class ${plan.applicationClassId}; this one is of ${known.applicationClassId}.`,
    );
  }
  const warnings = checkedFor(plan, timeZone, now, await minimumInterval(call));
  const instance = await withPlan(call, known, plan.id, timeZone);
  const { steps } = await stepsFor(call, plan, [instance]);
  const doubts = await foreseeApplied(call, plan, instance, steps, pointer);
  await tx.protectionPlans.write(steps, now);
  const schedules = await tx.protectionPlans.lockSchedules([instanceId]);
  return {
    applicationInstanceId: instanceId,
    protectionPlanId: plan.id,
    protectionPlanName: plan.name,
    timeZone: timeZone ?? plan.timeZone,
    schedules: schedules.filter(({ protectionPlanId }) => protectionPlanId === plan.id),
    warnings: [...warnings, ...doubts],
    note: keptNote,
  };
}

/** What the plan made fires no more; copies stay until their time to live ends. */
export async function unapplyProtectionPlan(call: Call, instanceId: string): Promise<Unapplied> {
  const instance = await withPlan(call, await lockedInstance(call, instanceId), undefined, undefined);
  const { steps } = await stepsFor(call, undefined, [instance]);
  await call.tx.protectionPlans.write(steps, call.now);
  const note = 'Copies that exist keep the time to live that they were made with. Schedules made by hand stay.';
  return { applicationInstanceId: instanceId, removedCount: steps.removed.length, note };
}

/** As creating its schedules by hand would be judged. What is in effect already is not refused: applying it again warns. */
async function foreseeApplied(
  call: Call,
  plan: StoredProtectionPlan,
  instance: ApplicationInstance,
  { made, changed, kept }: PlanSteps,
  pointer: string,
): Promise<readonly string[]> {
  const schedules = [...made, ...changed, ...kept];
  const { unaccepted, doubts } = await foreseePlan(call, schedules, [instance], () => pointer);
  if (unaccepted.length > 0 && made.length + changed.length > 0) {
    throw new Refusal(
      'rule-violated',
      `The protection plan ${plan.name} cannot be applied: the cluster's operator does not accept all that it asks for.`,
      { errors: unaccepted },
    );
  }
  const windows = await blackoutWindows(call);
  return [
    ...willFail(unaccepted),
    ...doubts,
    ...(await forewarned(call, instance, 'Backup')),
    ...schedules.flatMap((schedule) =>
      blackoutWarnings(schedule, windows, call.now).map((told) => `${schedule.protectionPlanEntry}: ${told}`),
    ),
  ];
}

/** Locked when it is a row: it neither changes nor goes away meanwhile. */
async function lockedPlan(call: Call, choice: PlanChoice): Promise<StoredProtectionPlan> {
  const { builtIn, ...plan } = await chosenPlan(call, choice);
  if (builtIn) return plan;
  const locked = await call.tx.protectionPlans.lock(call.caller.organizationId, plan.id);
  if (locked === undefined) throw ruleViolated('/protectionPlanId', `There is no protection plan ${plan.id}.`);
  return locked;
}

async function lockedInstance({ tx, caller }: Call, id: string): Promise<ApplicationInstance> {
  const known = await tx.protectionPlans.lockInstance(caller.organizationId, id);
  if (known === undefined) throw notFound('application instance', id);
  return known;
}

async function withPlan(
  { tx, now }: Call,
  known: ApplicationInstance,
  protectionPlanId: string | undefined,
  protectionPlanTimeZone: string | undefined,
): Promise<ApplicationInstance> {
  if (known.protectionPlanId === protectionPlanId && known.protectionPlanTimeZone === protectionPlanTimeZone) {
    return known;
  }
  return tx.applicationInstances.update({ ...known, protectionPlanId, protectionPlanTimeZone, updatedAt: now });
}

/** A plan that was allowed when it was made may not be by now: the organization's least interval counts at each use. */
function checkedFor(
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
