/** The record of what clusters state, the leases under which connectors watch them, and the watch itself. */

import type { Mirrored } from '../applications/rules/mirrored-application.ts';
import type { ObservedApplication } from '../applications/rules/observed-application.ts';
import type { ClusterTarget } from '../clusters/ports.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { ClusterFailure } from '../clusters/rules/failure.ts';
import type { Fence } from '../clusters/rules/fence.ts';
import type { Bad } from '../kernel/rules/broken/bad-rows.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { KnownOperation, Observation, Observed } from '../operations/rules/observed/observation.ts';
import type { ReturnDecision, ReturnedResource, SeenReturn } from '../operations/rules/returned.ts';
import type { VeleroWatcher } from '../velero/ports.ts';
import type { ClusterShares } from './rules/cluster-shares.ts';
import type { CappedOperations, LeftOut } from './rules/foreign-caps.ts';
import type { ForeignOperation, OwnOperation } from './rules/foreign-operation.ts';

/** The cluster that is watched, and the lease under which the watch writes. */
export interface FencedCluster {
  readonly cluster: Pick<Cluster, 'id' | 'organizationId' | 'createdAt'>;
  readonly fence?: Fence;
}

/** The hot path of the mirror: one transaction of a few statements for any number of applications. */
export interface ApplicationMirror {
  /**
   * Reads the applications at these places under lock and writes what `decide` returns for those that it is given: when
   * not all can be written at once, it is given parts of them. What cannot be written is put aside. New applications
   * beyond `maxMirroredCount` that are not registered are left out.
   */
  write(
    clusterId: string,
    places: Places,
    decide: (known: ReadonlyMap<string, KnownApplication>, organizationId: string) => MirrorDecision,
    fence?: Fence,
  ): Promise<{ readonly leftOut: LeftOut | undefined }>;
}

/** The named places; or those that were known when a list began and are not in it. */
export type Places =
  | { readonly at: readonly { readonly namespace: string; readonly name: string }[] }
  | { readonly missingFrom: CompleteList };

export interface MirrorDecision {
  readonly written: readonly Mirrored[];
  readonly events: readonly NewEvent[];
  /** The places (`namespace/name`) of applications that cannot be decided. */
  readonly bad: readonly Bad<string>[];
}

/** The mirrored application at a place, the application instance that is registered there, or both. */
export interface KnownApplication {
  readonly mirrored?: Mirrored | undefined;
  readonly applicationInstanceId?: string | undefined;
}

export interface RecordedForeign extends Pick<CappedOperations, 'beyondCount' | 'leftOut'> {
  readonly count: number;
}

export interface ForeignOperations {
  /**
   * Our rows with one of these ids, of the whole organization; and our rows that are on their way under one of these
   * names: of this cluster, and of others of its organization that are the same API server.
   */
  own(clusterId: string, ids: readonly string[], names: readonly string[]): Promise<readonly OwnOperation[]>;
  /**
   * Records those that are not recorded yet, in one statement, each with its event and the application instance that is
   * registered for it. What cannot be recorded is put aside. With a limit, it records only those that are among the
   * newest `limit` Operations of others in the cluster; without one, as many as rules/foreign-caps.ts allows.
   */
  record(
    clusterId: string,
    made: readonly ForeignOperation[],
    limit: number | undefined,
    fence?: Fence,
  ): Promise<RecordedForeign>;
  /** Puts aside Operations of others, by their places (`namespace/name`), of which no record can be made. */
  putAside(clusterId: string, bad: readonly Bad<string>[]): Promise<void>;
}

export interface ReturnedResources {
  /**
   * Folds what was seen of resources that have returned, in one transaction: locks their Operations, and writes what
   * `decide` returns for each. What cannot be decided is put aside.
   */
  record(clusterId: string, seen: readonly SeenReturn[], decide: DecideReturn, fence?: Fence): Promise<void>;
  /** Those that are recorded as being in the cluster since before `before`. */
  expected(clusterId: string, before: string): Promise<readonly SeenReturn[]>;
}

export type DecideReturn = (
  operation: KnownOperation,
  known: readonly ReturnedResource[],
  seen: SeenReturn,
) => ReturnDecision;

export interface Ingested {
  readonly changedCount: number;
  /** How many observations are about Operations of others, recorded or not. */
  readonly foreignCount: number;
  /** Observations that are about no recorded Operation. */
  readonly unmatched: readonly Observation[];
}

/** The hot path from a cluster. */
export interface Observations {
  /**
   * Locks the Operations of this cluster that have the names of the observations, passes each to `decide`, and writes
   * all that changed in one batch. Operations that cannot be read, folded or written are put aside.
   */
  ingest(
    clusterId: string,
    observations: readonly Observation[],
    decide: (operation: KnownOperation, observation: Observation) => Observed,
    fence?: Fence,
  ): Promise<Ingested>;
  /** The Operations that the cluster should have: delivered before `before`, and not ended. */
  expected(clusterId: string, before: string): Promise<readonly { name: string; namespace: string; uid: string }[]>;
}

/**
 * Which connector watches which cluster. Leases go by the database's real clock; a test's clock does not reach them.
 */
export interface Leases {
  /** Records that the connector lives, extends the leases that it holds, and forgets connectors that have died. */
  renew(connectorId: string): Promise<void>;
  shares(): Promise<ClusterShares>;
  freeCount(): Promise<number>;
  /** Takes free clusters, each under a new epoch. `fromOthersCount` of them were another connector's. */
  take(connectorId: string, count: number): Promise<{ readonly takenCount: number; readonly fromOthersCount: number }>;
  /**
   * Gives clusters to another connector that lives, under a new epoch. Locked ones are passed over. Returns how many.
   */
  handOver(connectorId: string, to: string, count: number): Promise<number>;
  held(connectorId: string): Promise<readonly HeldCluster[]>;
  /** Frees all clusters that the connector holds, and forgets the connector. */
  release(connectorId: string): Promise<void>;
}

export interface HeldCluster {
  readonly clusterId: string;
  readonly epoch: number;
  /** Changes when the credentials do. */
  readonly credentialsRevision: number;
  /** Raised to have the watch start again with a list. */
  readonly relistRevision: number;
  /** How long the lease still lasted when it was read. */
  readonly remainingSeconds: number;
}

export interface Watcher {
  readonly operations: Followed<Observation>;
  readonly applications: Followed<ObservedApplication>;
  /**
   * The namespaces of registered applications. Called several times a minute while the whole cluster may not be listed.
   */
  namespaces(): Promise<readonly string[]>;
  state(state: WatchState): Promise<void>;
  /** Follows Velero's own resources, where the cluster allows it. Absent: they are not asked for. */
  readonly velero?: VeleroWatcher;
}

export interface Followed<Observed> {
  /** Takes observations, in order. The watch goes on when it resolves, and starts again with a list when it rejects. */
  seen(observations: readonly Observed[]): Promise<void>;
  listed(list: CompleteList): Promise<void>;
}

/** All resources of the kind that existed when the list began, in the namespace; without one, in the whole cluster. */
export interface CompleteList {
  readonly namespace?: string | undefined;
  /** By `namespace/name`. */
  readonly present: ReadonlySet<string>;
  readonly beganAt: string;
}

export type FollowedResource =
  | 'operations'
  | 'applicationinstances'
  | 'backups'
  | 'restores'
  | 'backupstoragelocations';

/** Watching: everything is followed, except the limits. Interrupted: at least a part is not followed, for now. */
export type WatchState =
  | { readonly kind: 'Watching'; readonly limited?: readonly WatchLimit[] }
  | { readonly kind: 'Interrupted'; readonly failure: ClusterFailure };

/**
 * Refused: the resource cannot be followed; `message` is the cluster's. Polled: it is listed every ten seconds instead.
 */
export interface WatchLimit {
  readonly resource: FollowedResource;
  readonly namespace?: string | undefined;
  readonly reason: 'Refused' | 'Polled';
  readonly message: string;
}

/** Watches clusters. It never throws for what a cluster or the network does. */
export interface ClusterWatch {
  /**
   * Lists Operations and ApplicationInstances and then watches them, until `signal` aborts. It lists again whenever a
   * watch cannot go on. Where the whole cluster may not be listed, it follows the watcher's namespaces one by one.
   * Never rejects.
   */
  watch(target: ClusterTarget, watcher: Watcher, signal: AbortSignal): Promise<void>;
}
