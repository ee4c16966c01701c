/** The record of protection plans, and of the schedules that follow from them. */

import type { ApplicationClass, ApplicationInstance } from '../applications/rules/application.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { Rows } from '../kernel/ports.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { StoredProtectionPlan } from './rules/protection-plan.ts';
import type { ReconciledSchedules } from './rules/reconcile-schedules.ts';

/** Whoever changes what a plan makes locks the plan, then applications, then schedules: so nobody waits in a circle. */
export interface ProtectionPlans extends Rows<StoredProtectionPlan> {
  findNamed(organizationId: string, name: string): Promise<StoredProtectionPlan | undefined>;
  /** One application, locked, but not against fires. */
  lockInstance(organizationId: string, id: string): Promise<ApplicationInstance | undefined>;
  /** The applications that the plan is applied to, locked as well. */
  lockApplied(organizationId: string, planId: string): Promise<readonly ApplicationInstance[]>;
  /** The clusters and the classes of these applications, each once. */
  surroundingsOf(instances: readonly ApplicationInstance[]): Promise<{
    readonly clusters: readonly Cluster[];
    readonly applicationClasses: readonly ApplicationClass[];
  }>;
  /** All schedules of these applications, locked. */
  lockSchedules(applicationInstanceIds: readonly string[]): Promise<readonly Schedule[]>;
  /** Writes what plans decide of schedules, with their slots, in a few statements, and raises revisions. */
  write(reconciled: ReconciledSchedules, now: string): Promise<void>;
}

export interface ProtectionPlansTable {
  readonly protectionPlans: ProtectionPlans;
}
