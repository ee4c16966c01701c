/** What is kept of clusters beside their rows: when each is looked at next, what waits for it, and what is told of it. */

import type { Rows } from '../kernel/ports.ts';
import type { ReportedCondition } from '../kernel/rules/condition.ts';
import type { Cluster, ClusterAccess } from './rules/cluster.ts';
import type { Discovery } from './rules/discovery.ts';
import type { ClusterFailure } from './rules/failure.ts';
import type { Fence } from './rules/fence.ts';
import type { Room } from './rules/throttling.ts';

export interface ClusterChecks {
  /**
   * Clusters of these that are due to be looked at and did not ask to be left alone, the longest due first; each is given to one caller only, and is due
   * again after `retrySeconds` unless it is recorded before.
   */
  claim(held: readonly string[], now: string, limit: number, retrySeconds: number): Promise<readonly string[]>;
  /** Where applications of ours are in the cluster, one a namespace, those that it was seen to have first. */
  applications(clusterId: string): Promise<readonly { namespace: string; name: string }[]>;
  /** Records what was found, with the conditions, and when to look again. Says which conditions changed status. */
  record(clusterId: string, found: CheckResult): Promise<readonly string[]>;
  /** Tells, as events, conditions that have lasted long enough by now; says of how many clusters. */
  recordDueEvents(now: string): Promise<number>;
}

export interface CheckResult extends ClusterReport {
  readonly discovery: Discovery;
  /** Types of conditions that do not apply any more. */
  readonly withdrawn: readonly string[];
  readonly checkDueAt: string;
}

export interface ClusterFigures {
  /** What waits for each of these clusters; those for which nothing does are not among them. */
  pending(clusterIds: readonly string[]): Promise<ReadonlyMap<string, PendingDeliveries>>;
  /** For metrics: at most `limit` clusters, those with trouble first. */
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

/** What the connector knows of a cluster: its row, and how to reach it. */
export interface ClusterTarget {
  readonly cluster: Cluster;
  readonly access: ClusterAccess;
}

export interface ClusterDirectory {
  target(clusterId: string): Promise<ClusterTarget | undefined>;
  /** Those that can be read, in any order; what cannot be opened is told in the log and left out. */
  targets(clusterIds: readonly string[]): Promise<readonly ClusterTarget[]>;
  /** All clusters, with the revision of their credentials: it changes when they do. */
  list(): Promise<readonly { id: string; credentialsRevision: number }[]>;
  /** The namespaces that hold an application instance of the cluster. */
  namespaces(clusterId: string): Promise<readonly string[]>;
  /** Sets conditions and, when given, what was found out; raises no revision. Says which conditions changed status. */
  report(clusterId: string, report: ClusterReport, fence?: Fence): Promise<readonly string[]>;
}

export interface ClusterReport {
  readonly conditions: readonly ReportedCondition[];
  readonly discovery?: Discovery;
  readonly contact: boolean;
  /** Until when the cluster is to be left alone, or that it has room; without it what is known stays. */
  readonly room?: Room | undefined;
  readonly now: string;
}

/** Reads a kubeconfig into what is needed of it; throws the Refusal `rule-violated` for what may not be in it. */
export type KubeconfigReader = (text: string) => ClusterAccess;

export interface ClustersTable {
  readonly clusters: Rows<Cluster>;
}

export interface CredentialsTable {
  readonly credentials: { put(cluster: Pick<Cluster, 'id' | 'organizationId'>, access: ClusterAccess): Promise<void> };
}

/** What goes with a cluster that is removed. */
export interface ForgettingTable {
  /** The Operations that others made in the cluster for applications that are not registered. */
  readonly foreignOperations: { forget(clusterId: string): Promise<void> };
}

/** Asks clusters. Ends within 15 s; nothing throws for what a cluster or the network does. */
export interface ClusterDiscovery {
  /**
   * Asks what the cluster is and what may be done there. `now` dates the answer; `applications` are ours there, one a
   * namespace: rights are looked for in their namespaces, and Operations tried on them by dry runs.
   */
  discover(
    target: ClusterTarget,
    now: string,
    applications?: readonly { readonly namespace: string; readonly name: string }[],
  ): Promise<{ discovery: Discovery; failure?: ClusterFailure }>;
}
