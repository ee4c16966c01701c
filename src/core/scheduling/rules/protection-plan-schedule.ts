/**
 * Refuses changes by hand of a schedule that follows a protection plan. The protection plan sets recurrence, cadence
 * and ttl. Suspending, policies, template and display name are free.
 */
import { Refusal, ruleViolated } from '../../kernel/rules/problem.ts';
import type { Schedule, ScheduleChange } from './schedule.ts';

const decidedByProtectionPlan = [
  'schedule',
  'timeZone',
  'startsAt',
  'endsAt',
  'spreadSeconds',
  'cadence',
  'ttl',
] as const;

export function refuseWhatProtectionPlanDecides(known: Schedule, change: ScheduleChange): void {
  if (known.protectionPlanId === undefined) return;
  const key = decidedByProtectionPlan.find(
    (each) => change[each] !== undefined && (change[each] ?? undefined) !== known[each],
  );
  if (key === undefined) return;
  throw ruleViolated(
    `/${key}`,
    `is set by the protection plan ${known.protectionPlanId} (entry ${known.protectionPlanEntry}). Change the protection plan, or detach it from the application instance. The schedule may be suspended.`,
  );
}

/** Without one of its schedules the protection plan would be in effect only in part. */
export function refuseRemovalUnderProtectionPlan(known: Schedule): void {
  if (known.protectionPlanId === undefined) return;
  throw new Refusal(
    'in-use',
    `The schedule belongs to the protection plan ${known.protectionPlanId} (entry ${known.protectionPlanEntry}). Change the protection plan, detach it from the application instance, or suspend the schedule.`,
  );
}
