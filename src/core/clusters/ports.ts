/** The record of clusters: their rows and credentials, their checks and conditions. And the way to check a cluster. */

import type { Rows } from '../kernel/ports.ts';
import type { ReportedCondition } from '../kernel/rules/condition.ts';
import type { AccessUnreadable } from './rules/access-unreadable.ts';
import type { Cluster, ClusterAccess } from './rules/cluster.ts';
import type { Discovery } from './rules/discovery.ts';
import type { ClusterFailure } from './rules/failure.ts';
import type { Fence } from './rules/fence.ts';
import type { OperatorSigns } from './rules/operator-ready.ts';
import type { Room } from './rules/throttling.ts';

export interface ClusterChecks {
  /**
   * Claims due checks of the clusters in `held`, the longest due first. A cluster that asked for a pause is passed over.
   * Only one caller gets a check; it is due again after `retrySeconds`, unless its results are recorded before.
   */
  claim(held: readonly string[], now: string, limit: number, retrySeconds: number): Promise<readonly string[]>;
  /** The registered applications of the cluster, one for each namespace; first those that its watch has seen. */
  applications(clusterId: string): Promise<readonly { namespace: string; name: string }[]>;
  /** What the operator of the cluster has done lately, or has left undone. */
  operatorSigns(clusterId: string, now: string): Promise<OperatorSigns>;
  /** Makes a check due at `now`, unless the last one is less than a minute old. */
  want(clusterId: string, now: string): Promise<void>;
  /** Records the results of a check, and when the next is due. Returns the conditions that changed status. */
  record(clusterId: string, found: CheckResult): Promise<readonly string[]>;
  /** Records the events of conditions that have lasted long enough by `now`. Returns of how many clusters. */
  recordDueEvents(now: string): Promise<number>;
}

export interface CheckResult extends ClusterReport {
  readonly discovery: Discovery;
  /** Types of conditions that do not apply any more, and are removed. */
  readonly withdrawn: readonly string[];
  readonly checkDueAt: string;
}

export interface ClusterFigures {
  /** By id; clusters without pending deliveries are not in the map. */
  pending(clusterIds: readonly string[]): Promise<ReadonlyMap<string, PendingDeliveries>>;
  /** For metrics: at most `limit` clusters, first those with a condition that is False. */
  measured(limit: number): Promise<readonly MeasuredCluster[]>;
}

export interface PendingDeliveries {
  readonly pendingCount: number;
  readonly oldestPendingAt: string;
}

export interface MeasuredCluster extends Pick<Cluster, 'id' | 'name' | 'conditions' | 'lastContactAt'> {
  readonly pendingCount: number;
  readonly oldestPendingAt?: string | undefined;
}

/** A cluster and the access to it. */
export interface ClusterTarget {
  readonly cluster: Cluster;
  readonly access: ClusterAccess;
}

/** The clusters as the connector sees them: their access, and the conditions that it reports. */
export interface ClusterDirectory {
  /** Throws AccessUnreadable when the stored access cannot be opened. */
  target(clusterId: string): Promise<ClusterTarget | undefined>;
  /** In any order. Those whose access cannot be opened are apart. */
  targets(
    clusterIds: readonly string[],
  ): Promise<{ readonly opened: readonly ClusterTarget[]; readonly unreadable: readonly AccessUnreadable[] }>;
  /** All clusters, with the revision of their credentials, which each change of them raises. */
  list(): Promise<readonly { id: string; credentialsRevision: number }[]>;
  /** The namespaces of the cluster's application instances. */
  namespaces(clusterId: string): Promise<readonly string[]>;
  /** Sets conditions, without raising the revision of the cluster. Returns the conditions that changed status. */
  report(clusterId: string, report: ClusterReport, fence?: Fence): Promise<readonly string[]>;
}

export interface ClusterReport {
  readonly conditions: readonly ReportedCondition[];
  readonly discovery?: Discovery;
  /** Whether the cluster answered. */
  readonly contact: boolean;
  /** That a pause began or ended; absent when the answer says nothing about it. */
  readonly room?: Room | undefined;
  readonly now: string;
}

/** The two ways in which a request gives access. */
export type GivenAccess =
  | { readonly kubeconfig: string }
  | { readonly server: string; readonly ca: string; readonly token: string };

/**
 * Reads the access that a request gives, by one set of rules for both ways. `known` is the access that it replaces.
 * Throws the Refusal `rule-violated`, or `temporarily-unavailable` when the organization has given too much to read
 * already. It may take seconds, so no transaction waits for it.
 */
export type AccessReader = (
  given: GivenAccess,
  asked: { readonly organizationId: string; readonly known?: ClusterAccess | undefined },
) => Promise<ClusterAccess>;

export interface ClusterReferrers {
  /** Application instances that are not retired, and those that are. */
  readonly applicationCount: number;
  readonly retiredApplicationCount: number;
  /** Operations that this service made: all, and those that have not ended. */
  readonly operationCount: number;
  readonly openOperationCount: number;
}

export interface ClustersTable {
  readonly clusters: Rows<Cluster> & {
    /** What refers to it. */
    referrers(id: string): Promise<ClusterReferrers>;
    /** `update`, and forgets its credentials, the tokens of its agent, and all that is owed to it. */
    retire(cluster: Cluster): Promise<Cluster>;
    /** What is known of how these clusters do, whatever their number. */
    states(ids: readonly string[]): Promise<ReadonlyMap<string, Pick<Cluster, 'conditions' | 'throttledUntil'>>>;
  };
}

export interface CredentialsTable {
  readonly credentials: { put(cluster: Pick<Cluster, 'id' | 'organizationId'>, access: ClusterAccess): Promise<void> };
}

/** Rows that are removed together with a cluster. */
export interface ForgettingTable {
  /** Forgets the Operations that others made in the cluster for applications that are not registered. */
  readonly foreignOperations: { forget(clusterId: string): Promise<void> };
}

/** Calls a cluster. It ends within 15 s, and throws nothing for what the cluster or the network does. */
export interface ClusterDiscovery {
  /**
   * Checks the cluster. `now` dates the results. `applications` are registered ones, one for each namespace: it looks
   * for rights in their namespaces, and tries Operations on them by dry runs. `localAddress` is where it was reached, if
   * new registrations may not have that address.
   */
  discover(
    target: ClusterTarget,
    now: string,
    applications?: readonly { readonly namespace: string; readonly name: string }[],
  ): Promise<{ discovery: Discovery; failure?: ClusterFailure; localAddress?: string }>;
}
