/** What others did: the mirror of clusters' applications, and the Operations that somebody else made there. */

import type { Mirrored } from '../applications/rules/mirrored-application.ts';
import type { ObservedApplication } from '../applications/rules/observed-application.ts';
import type { ClusterTarget } from '../clusters/ports.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { ClusterFailure } from '../clusters/rules/failure.ts';
import type { Fence } from '../clusters/rules/fence.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { KnownOperation, Observation, Observed } from '../operations/rules/observation.ts';
import type { ClusterShares } from './rules/cluster-shares.ts';
import type { ForeignOperation, OwnOperation } from './rules/foreign-operation.ts';

/** The cluster that is watched, and the lease under which the watch writes. */
export interface FencedCluster {
  readonly cluster: Pick<Cluster, 'id' | 'organizationId' | 'createdAt'>;
  readonly fence?: Fence;
}

/** The hot path of the mirror: one transaction of a few statements for any number of applications. */
export interface ApplicationMirror {
  /** Reads the applications at these places under lock and writes what `decide` returns. Returns how many it wrote. */
  write(
    clusterId: string,
    places: Places,
    decide: (known: ReadonlyMap<string, KnownApplication>, organizationId: string) => MirrorDecision,
    fence?: Fence,
  ): Promise<number>;
}

/** Named ones; or those that were known when a list began, and are not in it. */
export type Places =
  | { readonly at: readonly { readonly namespace: string; readonly name: string }[] }
  | { readonly missingFrom: CompleteList };

export interface MirrorDecision {
  readonly written: readonly Mirrored[];
  readonly events: readonly NewEvent[];
}

/** What is mirrored at a place, what is registered there, or both. */
export interface KnownApplication {
  readonly mirrored?: Mirrored | undefined;
  readonly applicationInstanceId?: string | undefined;
}

export interface ForeignOperations {
  /** Rows of ours with one of these ids, and those on their way under one of these names. */
  own(clusterId: string, ids: readonly string[], names: readonly string[]): Promise<readonly OwnOperation[]>;
  /**
   * Records those that are not recorded yet, in one statement, each with its event and the application that is
   * registered for it; says how many. With a limit only those among the newest so many of the cluster.
   */
  record(
    clusterId: string,
    made: readonly ForeignOperation[],
    limit: number | undefined,
    fence?: Fence,
  ): Promise<number>;
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
    decide: (operation: KnownOperation, observation: Observation) => Observed,
    fence?: Fence,
  ): Promise<Ingested>;
  /** Operations that the cluster should have: delivered, not ended, and delivered before `before`. */
  expected(clusterId: string, before: string): Promise<readonly { name: string; namespace: string; uid: string }[]>;
}

/** Which connector watches which cluster. Times are the database's real ones: a test's clock does not reach them. */
export interface Leases {
  /** Says that the connector lives, lets what it holds begin anew, and forgets connectors that have died. */
  renew(connectorId: string): Promise<void>;
  shares(): Promise<ClusterShares>;
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

/** Watches of clusters. Nothing throws for what a cluster or the network does. */
export interface ClusterWatch {
  /**
   * Lists Operations and ApplicationInstances, then watches, until `signal`; comes back to the list whenever a watch
   * cannot go on. Where the whole cluster may not be listed, the watcher's namespaces are followed one by one. Never
   * rejects.
   */
  watch(target: ClusterTarget, watcher: Watcher, signal: AbortSignal): Promise<void>;
}
