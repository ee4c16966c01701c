/**
 * What delivers to clusters and takes in what they say. Nothing does HTTP inside a transaction: `ClusterApi` is called
 * between transactions, never within.
 */

import type { ObservedApplication } from '../applications/rules/observed-application.ts';
import type { Cluster, ClusterAccess, Discovery } from '../clusters/rules/cluster.ts';
import type { Room } from '../clusters/rules/throttling.ts';
import type { Standing } from '../observation/rules/sharing.ts';
import type { Manifest } from '../operations/rules/manifest.ts';
import type { Known, Observation, Observed } from '../operations/rules/observe.ts';
import type { Attempt, ClusterAnswer, ClusterFailure, DeliveryStep } from './rules/decide.ts';

/** The hot path to a cluster. A claim is a lease: who does not record within it has lost it, and writes nothing. */
export interface Deliveries {
  /** Clusters to which something is owed now, without those that ask to be left alone. */
  dueClusters(now: string): Promise<readonly string[]>;
  claim(clusterId: string, now: string, limit: number, leaseSeconds: number): Promise<readonly Claim[]>;
  /** Lets claims that still hold begin anew at `now`; says which Operations' do. */
  renew(claims: readonly Claim[], now: string, leaseSeconds: number): Promise<ReadonlySet<string>>;
  /**
   * Records what the cluster answered, for the claims whose lease still holds; says how many did. `decide` sees each
   * Operation as it is by then: a cancel or an observation may have come while the call was under way.
   */
  record(
    answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[],
    decide: (attempt: Attempt, answer: ClusterAnswer) => DeliveryStep,
  ): Promise<number>;
}

export interface Claim extends Attempt {
  readonly leaseId: string;
}

/**
 * Under which lease something is written. Whatever a watch writes carries one and is refused with LeaseLost, as a whole,
 * once another connector holds the cluster; while it is written nobody can take the cluster over. Writers that hold no
 * lease, as agents' events, give none.
 */
export interface Fence {
  readonly connectorId: string;
  readonly epoch: number;
}

export interface Ingested {
  readonly changedCount: number;
  /** What was about no Operation that is known. */
  readonly unmatched: readonly Observation[];
}

/** The hot path from a cluster. */
export interface Observations {
  /**
   * Locks the Operations of this cluster that are named, folds each, and writes what changed in one batch. What is
   * unmatched is about none that is known.
   */
  ingest(
    clusterId: string,
    observations: readonly Observation[],
    fold: (operation: Known, observation: Observation) => Observed,
    fence?: Fence,
  ): Promise<Ingested>;
  /** Operations that the cluster should have: delivered, not ended, and delivered before `before`. */
  expected(clusterId: string, before: string): Promise<readonly { name: string; namespace: string; uid: string }[]>;
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

/** Which connector watches which cluster. Times are the database's real ones: a test's clock does not reach them. */
export interface Leases {
  /** Says that the connector lives, lets what it holds begin anew, and forgets connectors that have died. */
  renew(connectorId: string): Promise<void>;
  standing(): Promise<Standing>;
  freeCount(): Promise<number>;
  /** Takes free clusters, each under a new epoch; `fromOthersCount` of them were another connector's. */
  take(connectorId: string, count: number): Promise<{ readonly takenCount: number; readonly fromOthersCount: number }>;
  /** Gives clusters to another connector that lives, under a new epoch; busy ones are passed over. */
  handOver(connectorId: string, to: string, count: number): Promise<number>;
  held(connectorId: string): Promise<readonly HeldCluster[]>;
  /** Frees all that the connector holds, and forgets it. */
  release(connectorId: string): Promise<void>;
}

export interface HeldCluster {
  readonly clusterId: string;
  readonly epoch: number;
  /** Changes when the credentials do. */
  readonly credentialsRevision: number;
  /** Raised by whoever wants the watch to begin again with a list. */
  readonly relistRevision: number;
  /** Of the lease, when it was read. */
  readonly remainingSeconds: number;
}

export interface ClusterReport {
  readonly conditions: readonly {
    type: string;
    status: 'True' | 'False' | 'Unknown';
    reason: string;
    message: string;
  }[];
  readonly discovery?: Discovery;
  readonly contact: boolean;
  /** Until when the cluster is to be left alone, or that it has room; without it what is known stays. */
  readonly room?: Room | undefined;
  readonly now: string;
}

/** The clusters themselves. Every call ends within 15 s; nothing throws for what a cluster or the network does. */
export interface ClusterApi {
  /**
   * Server-side apply with our field manager, not forced. With `metadata.uid` it never creates. What could not be sent
   * until `sendUntil`, by `performance.now()`, is not sent any more.
   */
  apply(target: ClusterTarget, manifest: Manifest, sendUntil: number): Promise<ClusterAnswer>;
  /** `Found` with what is there, `Absent`, or why nothing was found out. */
  read(target: ClusterTarget, resource: { name: string; namespace: string }): Promise<ClusterAnswer>;
  /** Deletes the resource, only with this uid and as of this version (else refused as `Modified`) when they are given. */
  remove(
    target: ClusterTarget,
    resource: { name: string; namespace: string; uid?: string | undefined; resourceVersion?: string | undefined },
  ): Promise<ClusterAnswer>;
  /**
   * Asks what the cluster is and what may be done there. `now` dates the answer; `applications` are ours there, one a
   * namespace: rights are looked for in their namespaces, and Operations tried on them by dry runs.
   */
  discover(
    target: ClusterTarget,
    now: string,
    applications?: readonly { readonly namespace: string; readonly name: string }[],
  ): Promise<{ discovery: Discovery; failure?: ClusterFailure }>;
  /**
   * Lists Operations and ApplicationInstances, then watches, until `signal`; comes back to the list whenever a watch
   * cannot go on. Where the whole cluster may not be listed, the watcher's namespaces are followed one by one. Never
   * rejects.
   */
  watch(target: ClusterTarget, watcher: Watcher, signal: AbortSignal): Promise<void>;
}

export interface Watcher {
  readonly operations: Followed<Observation>;
  readonly applications: Followed<ObservedApplication>;
  /** Where applications of ours are: asked for several times a minute while the whole cluster may not be listed. */
  namespaces(): Promise<readonly string[]>;
  state(state: WatchState): Promise<void>;
}

export interface Followed<Observed> {
  /** What was seen, in order. The watch goes on when it resolves; when it rejects the watch starts again with a list. */
  seen(observations: readonly Observed[]): Promise<void>;
  listed(list: CompleteList): Promise<void>;
}

/** Every resource of the kind that there was when the list began: in the namespace, or in the cluster without one. */
export interface CompleteList {
  readonly namespace?: string | undefined;
  /** By `namespace/name`. */
  readonly present: ReadonlySet<string>;
  readonly beganAt: string;
}

export type FollowedResource = 'operations' | 'applicationinstances';

/** Watching: everything is followed but for what is limited. Interrupted: at least some of it is not, for now. */
export type WatchState =
  | { readonly kind: 'Watching'; readonly limited?: readonly WatchLimit[] }
  | { readonly kind: 'Interrupted'; readonly failure: ClusterFailure };

/** Refused: cannot be followed at all, in the cluster's words. Polled: listed every ten seconds instead of watched. */
export interface WatchLimit {
  readonly resource: FollowedResource;
  readonly namespace?: string | undefined;
  readonly reason: 'Refused' | 'Polled';
  readonly message: string;
}

/** Reads a kubeconfig into what is needed of it; throws the Refusal `rule-violated` for what may not be in it. */
export type KubeconfigReader = (text: string) => ClusterAccess;
