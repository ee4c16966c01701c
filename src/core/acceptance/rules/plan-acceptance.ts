/**
 * What clusters would say to the backups of a protection plan, before any is sent there. A plan reaches many
 * applications, so what is wrong is told once a cluster and cause, with some of the applications that it is about.
 */

import type { ApplicationInstance } from '../../applications/rules/application.ts';
import type { ApplicationState } from '../../applications/rules/cluster-application.ts';
import type { BackupParameters } from '../../applications/rules/parameters.ts';
import type { FieldError } from '../../kernel/rules/problem.ts';
import { type CheckedCluster, orUpdate, removeFromClass, type Unaccepted, unaccepted } from './accepted-parameters.ts';
import { warningsFor } from './warnings.ts';

/** A schedule that a plan makes or changes, and what its backups meet. */
export interface PlannedSchedule {
  readonly schedule: {
    readonly name: string;
    readonly protectionPlanEntry?: string | undefined;
    readonly template: { readonly parameters?: BackupParameters | undefined };
  };
  readonly instance: Pick<ApplicationInstance, 'namespace' | 'name'>;
  readonly cluster: CheckedCluster;
  /** Of the application class. */
  readonly defaultParameters: BackupParameters;
  /** What the cluster states of the application; absent when it was never seen there. */
  readonly state?: ApplicationState | undefined;
}

const maxWarnings = 20;
const maxNamed = 3;

/**
 * What operators are known not to accept. `pointerOf` is given the first entry concerned, and says where it is in the
 * request's body.
 */
export function unacceptedOfPlan(
  planned: readonly PlannedSchedule[],
  pointerOf: (entry: string, field: string) => string,
): FieldError[] {
  const found = planned.flatMap((each) => {
    const { schedule, cluster, defaultParameters } = each;
    const given = schedule.template.parameters ?? {};
    const wanted = { type: 'Backup', parameters: { ...defaultParameters, ...given }, given, ttlGiven: true } as const;
    return unaccepted(wanted, cluster).map((cause) => ({ each, cause, ...described(cause, schedule.name) }));
  });
  const byCause = Map.groupBy(found, ({ what, cause }) => `${what} ${cause.says}`);
  return [...byCause.values()].slice(0, maxWarnings).flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { each, cause, what, remedy } = first;
    const where = new Set(alike.map(({ each: { instance } }) => `${instance.namespace}/${instance.name}`));
    return {
      pointer: pointerOf(each.schedule.protectionPlanEntry ?? '', cause.field),
      detail: `${what}: ${cause.says}; ${remedy}, ${orUpdate}. It is about ${someOf([...where])}.`,
    };
  });
}

function described({ field, from }: Unaccepted, schedule: string): { readonly what: string; readonly remedy: string } {
  if (field === 'ttl') return { what: 'ttl', remedy: 'make schedules without a ttl there, instead of a plan' };
  if (from === 'ApplicationClass') return { what: field, remedy: removeFromClass };
  return { what: `${field} in the template of the schedule ${schedule}`, remedy: 'leave it out there' };
}

function someOf(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return more > 0 ? `${names.slice(0, maxNamed).join(', ')} and ${more} more` : names.join(', ');
}

/** By what the clusters were last found to be. Each warning comes once. */
export function warningsForPlan(planned: readonly PlannedSchedule[]): readonly string[] {
  const warnings = new Set(
    planned.flatMap(({ schedule, instance, cluster, defaultParameters, state }) => {
      const parameters = { ...defaultParameters, ...schedule.template.parameters };
      return warningsFor({ type: 'Backup', parameters, instance, cluster, state });
    }),
  );
  const more = warnings.size - maxWarnings;
  return more > 0 ? [...[...warnings].slice(0, maxWarnings), `And ${more} more of the kind.`] : [...warnings];
}
