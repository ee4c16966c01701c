/** The actions that are owed to clusters, and the calls that carry them out. No call is made inside a transaction. */

import type { ClusterTarget } from '../clusters/ports.ts';
import type { Bad } from '../kernel/rules/broken/bad-rows.ts';
import type { Manifest } from '../operations/rules/manifest.ts';
import type { KnownOperation } from '../operations/rules/observed/observation.ts';
import type { ReturnDecision, ReturnedResource } from '../operations/rules/returned.ts';
import type { ClusterAnswer } from './rules/answer.ts';
import type { Attempt, DeliveryDecision } from './rules/attempt.ts';
import type { HoldDecision, Unsent } from './rules/hold-back.ts';

/** The hot path to a cluster. A claim is a lease: an answer that is recorded after it has ended writes nothing. */
export interface Deliveries {
  /** The ids of the clusters to which an action is owed now, without those that asked for no calls until later. */
  dueClusters(now: string): Promise<readonly string[]>;
  /**
   * Locks the applies that are due and were never sent, as far as something may hold them back or does, and writes what
   * `decide` says of each. Operations that cannot be read, decided or written are put aside.
   */
  holdBack(clusterId: string, now: string, decide: (unsent: Unsent) => HoldDecision): Promise<void>;
  /** The ids of Restores that are due and were never sent. */
  unsentRestores(clusterId: string, now: string): Promise<readonly string[]>;
  /**
   * Claims actions that are owed, without the applies that have to be held back. With `approved`, only these Restores may
   * be sent for the first time. Operations that cannot be read or claimed are put aside.
   */
  claim(
    clusterId: string,
    now: string,
    limit: number,
    leaseSeconds: number,
    approved?: ReadonlySet<string>,
  ): Promise<readonly Claim[]>;
  /** Extends the claims that still hold: the lease counts from `now`. Returns the ids of their Operations. */
  renew(claims: readonly Claim[], now: string, leaseSeconds: number): Promise<ReadonlySet<string>>;
  /**
   * Records the answers of the cluster for the claims whose lease still holds, and returns how many did. `decide` gets
   * each Operation as it is by then: a cancel or an observation may have come while the call was under way. What cannot be
   * recorded is put aside.
   */
  record(
    answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[],
    decide: (attempt: Attempt, answer: ClusterAnswer) => DeliveryDecision,
    now: string,
  ): Promise<number>;
  /** Puts aside Operations, by their ids, for which no call can be made. */
  putAside(bad: readonly Bad<string>[], now: string): Promise<void>;
}

/** The deletions that are owed for resources of ours that have returned. */
export interface ReturnedDeletions {
  /** Claims those that are due, at most `limit`. They are due again after `leaseSeconds`, unless the answer is recorded. */
  claim(now: string, limit: number, leaseSeconds: number): Promise<readonly ReturnedResource[]>;
  /** Records what became of one. `decide` gets its Operation and all that has returned of it, as they are by then. */
  record(
    resource: ReturnedResource,
    decide: (operation: KnownOperation, known: readonly ReturnedResource[]) => ReturnDecision,
  ): Promise<void>;
}

export interface Claim extends Attempt {
  readonly leaseId: string;
}

/** Calls to clusters. Each ends within 15 s. No method throws for what a cluster or the network does. */
export interface ClusterCalls {
  /**
   * Server-side apply with our field manager, not forced. With `metadata.uid` it never creates. A call that could not
   * be sent until `sendUntil`, by `performance.now()`, is not sent any more.
   */
  apply(target: ClusterTarget, manifest: Manifest, sendUntil: number): Promise<ClusterAnswer>;
  /** Answers `Found` with the resource, `Absent`, or the failure that kept the cluster from answering. */
  read(target: ClusterTarget, resource: { name: string; namespace: string }): Promise<ClusterAnswer>;
  /**
   * Deletes the resource. With a uid and a version, it deletes only those; else the answer is the refusal `Modified`.
   */
  remove(
    target: ClusterTarget,
    resource: { name: string; namespace: string; uid?: string | undefined; resourceVersion?: string | undefined },
  ): Promise<ClusterAnswer>;
}
