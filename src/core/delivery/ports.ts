/**
 * What delivers to clusters and takes in what they say. Nothing does HTTP inside a transaction: `ClusterApi` is called
 * between transactions, never within.
 */

import type { ClusterTarget } from '../clusters/ports.ts';
import type { Manifest } from '../operations/rules/manifest.ts';
import type { ClusterAnswer } from './rules/answer.ts';
import type { Attempt, DeliveryDecision } from './rules/decide-delivery.ts';

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
    decide: (attempt: Attempt, answer: ClusterAnswer) => DeliveryDecision,
  ): Promise<number>;
}

export interface Claim extends Attempt {
  readonly leaseId: string;
}

/** Calls to clusters. Each ends within 15 s; nothing throws for what a cluster or the network does. */
export interface ClusterCalls {
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
}
