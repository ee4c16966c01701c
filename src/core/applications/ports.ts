/** The record of application classes, instances and retention overrides, and the mirror of the clusters' applications. */

import type { Rows } from '../kernel/ports.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from './rules/application.ts';
import type { ApplicationState, ClusterApplication } from './rules/cluster-application.ts';
import type { Retention } from './rules/retention.ts';

/** The mirror of the clusters' applications, as use cases read it. */
export interface ClusterApplications {
  find(organizationId: string, clusterId: string, id: string): Promise<ClusterApplication | undefined>;
  page(organizationId: string, clusterId: string, query: PageQuery): Promise<Page<ClusterApplication>>;
  /** The reported states by application instance. Instances that were never seen are not in the map. */
  statesOf(applicationInstanceIds: readonly string[]): Promise<ReadonlyMap<string, ApplicationState>>;
}

export interface ClassReferrers {
  readonly instanceCount: number;
  readonly retiredInstanceCount: number;
  readonly protectionPlanCount: number;
}

export interface ApplicationClassesTable {
  /** Application classes belong to no organization: the methods ignore the organization that they are given. */
  readonly applicationClasses: Rows<ApplicationClass> & {
    named(name: string): Promise<ApplicationClass | undefined>;
    /** What refers to it in the organization; others may refer to it as well. */
    referrers(organizationId: string, id: string): Promise<ClassReferrers>;
  };
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

export interface ApplicationReferrers {
  /** Schedules that are not removed, and those that are. */
  readonly scheduleCount: number;
  readonly removedScheduleCount: number;
  /** Operations that this service made: all, and those that have not ended. */
  readonly operationCount: number;
  readonly openOperationCount: number;
}

export interface ApplicationInstancesTable {
  readonly applicationInstances: Rows<ApplicationInstance> & {
    /** The name of another cluster of the organization that is the same API server and has one in this namespace, but for `exceptId`. */
    twinWith(clusterId: string, namespace: string, exceptId?: string): Promise<string | undefined>;
    /** What refers to it. */
    referrers(id: string): Promise<ApplicationReferrers>;
    /** `update`, and forgets the recorded status of its protection. */
    retire(instance: ApplicationInstance): Promise<ApplicationInstance>;
    /** `update`, and moves its schedules to its cluster. */
    move(instance: ApplicationInstance): Promise<ApplicationInstance>;
  };
}

export interface ClusterApplicationsTable {
  readonly clusterApplications: ClusterApplications;
}

/** Operations that others made: they follow an application that is registered or removed. */
export interface LinkingTable {
  readonly foreignOperations: {
    /** Joins the Operations for this application with it, once it is registered. */
    link(instance: ApplicationInstance): Promise<void>;
    /** The Operations stay, without an application instance. */
    unlink(applicationInstanceId: string): Promise<void>;
  };
}

/** Protection plans, as far as instances need them: the class that each is for. */
export interface PlanClassesTable {
  readonly protectionPlans: {
    find(
      organizationId: string,
      id: string,
    ): Promise<{ readonly name: string; readonly applicationClassId?: string | undefined } | undefined>;
  };
}
