/** What clusters would say to the backups of schedules, as far as it is known before any is sent there. */

import { own, type Reading } from '../access/call.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import type { FieldError } from '../kernel/rules/problem.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import { forebodings, refuseUnaccepted, unacceptedErrors } from './rules/accepted-parameters.ts';
import { forebodingsOfPlan, type PlannedSchedule, unacceptedOfPlan } from './rules/plan-acceptance.ts';

type Described = Pick<Schedule, 'applicationInstanceId' | 'clusterId' | 'template' | 'ttl'>;
type Looking = Pick<Reading, 'tx' | 'caller'>;

/**
 * Throws the Refusal `rule-violated` for parameters that the cluster's operator is known not to accept; says what is
 * doubtful. Parameters are those of the template over the application class's.
 */
export async function foresee(looking: Looking, schedule: Described): Promise<readonly string[]> {
  const { wanted, cluster, instance } = await judged(looking, schedule);
  refuseUnaccepted(wanted, cluster);
  return forebodings(wanted, cluster, instance.namespace);
}

/** For a schedule that is there: what its cluster's operator is known not to accept is told with what is doubtful. */
export async function foreseen(looking: Looking, schedule: Described): Promise<readonly string[]> {
  const { wanted, cluster, instance } = await judged(looking, schedule);
  const refused = unacceptedErrors(wanted, cluster);
  return [...willFail(refused), ...forebodings(wanted, cluster, instance.namespace)];
}

async function judged({ tx, caller }: Looking, { applicationInstanceId, clusterId, template, ttl }: Described) {
  const instance = await own(tx.applicationInstances, caller, 'application instance', applicationInstanceId);
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const cluster = await own(tx.clusters, caller, 'cluster', clusterId);
  const given = template.parameters ?? {};
  const parameters = { ...applicationClass.defaultParameters, ...given };
  const pointer = '/template/parameters';
  const wanted = { type: 'Backup', parameters, given, ttlGiven: ttl !== undefined, pointer } as const;
  return { wanted, cluster, instance };
}

/** The same for what a plan makes and changes, however many applications it reaches. */
export async function foreseePlan(
  { tx }: Looking,
  schedules: readonly Schedule[],
  instances: readonly ApplicationInstance[],
  pointerOf: (entry: string, field: string) => string,
): Promise<{ readonly unaccepted: FieldError[]; readonly doubts: readonly string[] }> {
  const concerned = new Set(schedules.map(({ applicationInstanceId }) => applicationInstanceId));
  const about = instances.filter(({ id }) => concerned.has(id));
  const surroundings = await tx.protectionPlans.surroundingsOf(about);
  const instance = new Map(about.map((each) => [each.id, each]));
  const cluster = new Map(surroundings.clusters.map((each) => [each.id, each]));
  const applicationClass = new Map(surroundings.applicationClasses.map((each) => [each.id, each]));
  const planned = schedules.flatMap((schedule): PlannedSchedule[] => {
    const on = instance.get(schedule.applicationInstanceId);
    const where = cluster.get(schedule.clusterId);
    const { defaultParameters } = applicationClass.get(on?.applicationClassId ?? '') ?? {};
    if (on === undefined || where === undefined || defaultParameters === undefined) return [];
    return [{ schedule, instance: on, cluster: where, defaultParameters }];
  });
  return { unaccepted: unacceptedOfPlan(planned, pointerOf), doubts: forebodingsOfPlan(planned) };
}

/** What is refused when it is asked for, as a warning about what is there. */
export function willFail(unaccepted: readonly FieldError[]): string[] {
  return unaccepted.map(({ pointer, detail }) => `Its backups will be refused (${pointer.slice(1)}). ${detail}`);
}
