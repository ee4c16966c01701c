/** What is kept of clusters beside their rows: when each is looked at next, what waits for it, and what is told of it. */

import type { ClusterReport } from '../delivery/ports.ts';
import type { Cluster } from './rules/cluster.ts';
import type { Discovery } from './rules/discovery.ts';

export interface ClusterChecks {
  /**
   * Clusters of these that are due to be looked at and did not ask to be left alone, the longest due first; each is given to one caller only, and is due
   * again after `retrySeconds` unless it is recorded before.
   */
  claim(held: readonly string[], now: string, limit: number, retrySeconds: number): Promise<readonly string[]>;
  /** Where applications of ours are in the cluster, one a namespace, those that it was seen to have first. */
  applications(clusterId: string): Promise<readonly { namespace: string; name: string }[]>;
  /** Records what was found, with the conditions, and when to look again. Says which conditions changed status. */
  record(clusterId: string, found: Found): Promise<readonly string[]>;
  /** Tells, as events, conditions that have lasted long enough by now; says of how many clusters. */
  tell(now: string): Promise<number>;
}

export interface Found extends ClusterReport {
  readonly discovery: Discovery;
  /** Types of conditions that do not apply any more. */
  readonly withdrawn: readonly string[];
  readonly checkDueAt: string;
}

export interface ClusterFigures {
  /** What waits for each of these clusters; those for which nothing does are not among them. */
  waiting(clusterIds: readonly string[]): Promise<ReadonlyMap<string, Waiting>>;
  /** For metrics: at most `limit` clusters, those with trouble first. */
  standings(limit: number): Promise<readonly Standing[]>;
}

export interface Waiting {
  readonly pendingCount: number;
  readonly oldestPendingAt: string;
}

export interface Standing extends Pick<Cluster, 'id' | 'name' | 'conditions' | 'lastContactAt'> {
  readonly pendingCount: number;
  readonly oldestPendingAt?: string | undefined;
}
