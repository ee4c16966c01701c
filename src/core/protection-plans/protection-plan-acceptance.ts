/**
 * Whether the clusters that a protection plan reaches would accept its schedules. It takes a few statements for any
 * number of schedules.
 */
import { type PlannedSchedule, unacceptedOfPlan, warningsForPlan } from '../acceptance/rules/plan-acceptance.ts';
import type { Reading } from '../access/call.ts';
import type { ClusterApplicationsTable } from '../applications/ports.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import type { FieldError } from '../kernel/rules/problem.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { ProtectionPlansTable } from './ports.ts';

export interface ProtectionPlanAcceptance {
  readonly unaccepted: FieldError[];
  readonly warnings: readonly string[];
}

/** `pointerOf` returns the pointer of an entry's field in the body of the request. */
export async function protectionPlanAcceptance(
  { tx }: Pick<Reading<ProtectionPlansTable & ClusterApplicationsTable>, 'tx'>,
  schedules: readonly Schedule[],
  instances: readonly ApplicationInstance[],
  pointerOf: (entry: string, field: string) => string,
): Promise<ProtectionPlanAcceptance> {
  const concerned = new Set(schedules.map(({ applicationInstanceId }) => applicationInstanceId));
  const about = instances.filter(({ id }) => concerned.has(id));
  const surroundings = await tx.protectionPlans.surroundingsOf(about);
  const states = await tx.clusterApplications.statesOf(about.map(({ id }) => id));
  const instanceBy = new Map(about.map((each) => [each.id, each]));
  const clusterBy = new Map(surroundings.clusters.map((each) => [each.id, each]));
  const classBy = new Map(surroundings.applicationClasses.map((each) => [each.id, each]));
  const planned = schedules.flatMap((schedule): PlannedSchedule[] => {
    const instance = instanceBy.get(schedule.applicationInstanceId);
    const cluster = clusterBy.get(schedule.clusterId);
    const { defaultParameters } = classBy.get(instance?.applicationClassId ?? '') ?? {};
    if (instance === undefined || cluster === undefined || defaultParameters === undefined) return [];
    return [{ schedule, instance, cluster, defaultParameters, state: states.get(instance.id) }];
  });
  return { unaccepted: unacceptedOfPlan(planned, pointerOf), warnings: warningsForPlan(planned) };
}
