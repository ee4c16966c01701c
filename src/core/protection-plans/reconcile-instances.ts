/**
 * Reconciles the schedules of any number of application instances with a protection plan, from one read of their
 * schedules.
 */

import type { Call } from '../access/call.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { ProtectionPlansTable } from './ports.ts';
import type { StoredProtectionPlan } from './rules/protection-plan.ts';
import { type ReconciledSchedules, reconcileSchedules } from './rules/reconcile-schedules.ts';

/**
 * Reconciles the schedules of these application instances; without a `plan`, their schedules of protection plans go.
 */
export async function reconcileInstances(
  { tx, now, vault }: Call<ProtectionPlansTable>,
  plan: StoredProtectionPlan | undefined,
  instances: readonly ApplicationInstance[],
): Promise<{ readonly reconciled: ReconciledSchedules; readonly known: readonly Schedule[] }> {
  const known = await tx.protectionPlans.lockSchedules(instances.map(({ id }) => id));
  const byInstance = Map.groupBy(known, ({ applicationInstanceId }) => applicationInstanceId);
  const each = instances.map((instance) =>
    reconcileSchedules(instance, plan, byInstance.get(instance.id) ?? [], now, vault),
  );
  const reconciled: ReconciledSchedules = {
    made: each.flatMap(({ made }) => made),
    changed: each.flatMap(({ changed }) => changed),
    kept: each.flatMap(({ kept }) => kept),
    removed: each.flatMap(({ removed }) => removed),
    fires: each.flatMap(({ fires }) => fires),
  };
  return { reconciled, known };
}
