/**
 * Whether clusters would accept the backups of a protection plan, decided before any is sent there. A plan reaches many
 * applications, so each cluster and cause makes one error, which names some of the applications that it is about.
 */

import type { ApplicationInstance } from '../../applications/rules/application.ts';
import type { ApplicationState } from '../../applications/rules/cluster-application.ts';
import type { BackupParameters } from '../../applications/rules/parameters.ts';
import type { FieldError } from '../../kernel/rules/problem.ts';
import { type CheckedCluster, orUpdate, removeFromClass, type Unaccepted, unaccepted } from './accepted-parameters.ts';
import { warningsFor } from './warnings.ts';

/** A schedule that a plan makes or changes, with the cluster and application that its backups are for. */
export interface PlannedSchedule {
  readonly schedule: {
    readonly name: string;
    readonly protectionPlanEntry?: string | undefined;
    readonly template: { readonly parameters?: BackupParameters | undefined };
  };
  readonly instance: Pick<ApplicationInstance, 'namespace' | 'name'>;
  readonly cluster: CheckedCluster;
  /** Those of the application class. */
  readonly defaultParameters: BackupParameters;
  /** The reported state of the application; absent when the cluster's watch has never seen it. */
  readonly state?: ApplicationState | undefined;
}

const maxWarnings = 20;
const maxNamed = 3;

/**
 * The errors about parameters that operators are known not to accept. `pointerOf` gets the first entry of the plan that
 * has the error, and returns its place in the request's body.
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
  const byCause = Map.groupBy(found, ({ name, cause }) => `${name} ${cause.rule}`);
  return [...byCause.values()].slice(0, maxWarnings).flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { each, cause, name, remedy } = first;
    const where = new Set(alike.map(({ each: { instance } }) => `${instance.namespace}/${instance.name}`));
    return {
      pointer: pointerOf(each.schedule.protectionPlanEntry ?? '', cause.field),
      detail: `${name}: ${cause.rule}; ${remedy}, ${orUpdate}. It is about ${someOf([...where])}.`,
    };
  });
}

function described({ field, from }: Unaccepted, schedule: string): { readonly name: string; readonly remedy: string } {
  if (field === 'ttl') return { name: 'ttl', remedy: 'create schedules without a ttl there, instead of a plan' };
  if (from === 'ApplicationClass') return { name: field, remedy: removeFromClass };
  return { name: `${field} in the template of the schedule ${schedule}`, remedy: 'leave it out there' };
}

function someOf(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return more > 0 ? `${names.slice(0, maxNamed).join(', ')} and ${more} more` : names.join(', ');
}

/** The warnings about the backups of a plan, each once. */
export function warningsForPlan(planned: readonly PlannedSchedule[]): readonly string[] {
  const warnings = new Set(
    planned.flatMap(({ schedule, instance, cluster, defaultParameters, state }) => {
      const parameters = { ...defaultParameters, ...schedule.template.parameters };
      return warningsFor({ type: 'Backup', parameters, instance, cluster, state });
    }),
  );
  const more = warnings.size - maxWarnings;
  return more > 0 ? [...[...warnings].slice(0, maxWarnings), `And ${more} more warnings like these.`] : [...warnings];
}
