/**
 * The record of protection plans, and of the schedules that follow from them. Each change locks the protection plan,
 * then application instances, then schedules, so that no two changes wait for each other in a circle.
 */

import type { ApplicationClass, ApplicationInstance } from '../applications/rules/application.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { Rows } from '../kernel/ports.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { StoredProtectionPlan } from './rules/protection-plan.ts';
import type { ReconciledSchedules } from './rules/reconcile-schedules.ts';

export interface ProtectionPlans extends Rows<StoredProtectionPlan> {
  findNamed(organizationId: string, name: string): Promise<StoredProtectionPlan | undefined>;
  /** One application instance, locked. Fires, which refer to it, do not wait for this lock. */
  lockInstance(organizationId: string, id: string): Promise<ApplicationInstance | undefined>;
  /** The application instances to which the protection plan is applied, locked in the same way. */
  lockApplied(organizationId: string, planId: string): Promise<readonly ApplicationInstance[]>;
  /** The clusters and the application classes of these application instances, each once. */
  surroundingsOf(instances: readonly ApplicationInstance[]): Promise<{
    readonly clusters: readonly Cluster[];
    readonly applicationClasses: readonly ApplicationClass[];
  }>;
  /** All schedules of these application instances, locked. */
  lockSchedules(applicationInstanceIds: readonly string[]): Promise<readonly Schedule[]>;
  /**
   * Writes the reconciled schedules, with their slots and ledger rows, in a few statements, and raises their revisions.
   */
  write(reconciled: ReconciledSchedules, now: string): Promise<void>;
}

export interface ProtectionPlansTable {
  readonly protectionPlans: ProtectionPlans;
}
