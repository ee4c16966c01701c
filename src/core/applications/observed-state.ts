/** Application instances with the state that their clusters report, as the API shows them. */

import type { ClusterApplicationsTable } from './ports.ts';
import type { ApplicationInstance } from './rules/application.ts';

/** `withState` of all of them, with one statement. */
export async function withStates(
  { clusterApplications }: ClusterApplicationsTable,
  instances: readonly ApplicationInstance[],
): Promise<ApplicationInstance[]> {
  const states = await clusterApplications.statesOf(instances.map(({ id }) => id));
  return instances.map((instance) => {
    const observed = states.get(instance.id);
    return observed === undefined ? instance : { ...instance, observed };
  });
}

export async function withState(
  tables: ClusterApplicationsTable,
  instance: ApplicationInstance,
): Promise<ApplicationInstance> {
  const [shown = instance] = await withStates(tables, [instance]);
  return shown;
}
