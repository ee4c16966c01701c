import { Refusal, ruleViolated } from '../../kernel/rules/problem.ts';
import type { Schedule, ScheduleChange } from './schedule.ts';
export const decidedByProtectionPlan = [
  'schedule',
  'timeZone',
  'startsAt',
  'endsAt',
  'spreadSeconds',
  'cadence',
  'ttl',
] as const;

/** Refuses a change by hand of what a plan decides. Suspending, policies, template and names for people are free. */
export function refuseWhatProtectionPlanDecides(known: Schedule, change: ScheduleChange): void {
  if (known.protectionPlanId === undefined) return;
  const key = decidedByProtectionPlan.find(
    (each) => change[each] !== undefined && (change[each] ?? undefined) !== known[each],
  );
  if (key === undefined) return;
  throw ruleViolated(
    `/${key}`,
    `is decided by the protection plan ${known.protectionPlanId} (entry ${known.protectionPlanEntry}): change the plan, or remove it from the application instance. The schedule may be suspended.`,
  );
}

/** Refuses to remove by hand what a plan made: the plan would be in effect only in part. */
export function refuseRemovalUnderProtectionPlan(known: Schedule): void {
  if (known.protectionPlanId === undefined) return;
  throw new Refusal(
    'in-use',
    `The schedule is part of the protection plan ${known.protectionPlanId} (entry ${known.protectionPlanEntry}): change the plan, remove it from the application instance, or suspend the schedule.`,
  );
}
