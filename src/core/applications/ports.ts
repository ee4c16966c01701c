/** The record of application classes, instances and retention overrides, and of what clusters say of applications. */

import type { Rows } from '../kernel/ports.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from './rules/application.ts';
import type { ApplicationState, ClusterApplication } from './rules/cluster-application.ts';
import type { Retention } from './rules/retention.ts';

/** The mirror as use cases read it, and what follows from an application's being registered or not. */
export interface ClusterApplications {
  find(organizationId: string, clusterId: string, id: string): Promise<ClusterApplication | undefined>;
  page(organizationId: string, clusterId: string, query: PageQuery): Promise<Page<ClusterApplication>>;
  /** What their clusters say of these application instances, by id; nothing for those that were never seen. */
  statesOf(applicationInstanceIds: readonly string[]): Promise<ReadonlyMap<string, ApplicationState>>;
}

export interface ApplicationClassesTable {
  /** Application classes belong to no organization: the organization given is not looked at. */
  readonly applicationClasses: Rows<ApplicationClass> & { named(name: string): Promise<ApplicationClass | undefined> };
}

export interface RetentionOverridesTable {
  readonly overrides: {
    find(organizationId: string, applicationClassId: string): Promise<RetentionOverride | undefined>;
    put(
      organizationId: string,
      applicationClassId: string,
      retention: Retention,
      now: string,
    ): Promise<RetentionOverride>;
    remove(organizationId: string, applicationClassId: string): Promise<void>;
  };
}

export interface ApplicationInstancesTable {
  readonly applicationInstances: Rows<ApplicationInstance>;
}

export interface ClusterApplicationsTable {
  readonly clusterApplications: ClusterApplications;
}

/** What follows for the Operations that others made from an application's being registered or not. */
export interface LinkingTable {
  readonly foreignOperations: {
    /** Joins those for the application with it, now that it is registered. */
    link(instance: ApplicationInstance): Promise<void>;
    /** They stay, without an application. */
    unlink(applicationInstanceId: string): Promise<void>;
  };
}

/** The protection plans that may be applied to instances: for which class each is. */
export interface PlanClassesTable {
  readonly protectionPlans: {
    find(
      organizationId: string,
      id: string,
    ): Promise<{ readonly name: string; readonly applicationClassId?: string | undefined } | undefined>;
  };
}
