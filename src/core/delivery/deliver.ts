/**
 * One activation of the connector for one cluster: delivers the actions that are owed to it, in the order of the slots.
 *
 * Any connector may call it at any time, and it may be stopped or killed anywhere. A claim is a lease. Calls happen
 * between transactions, and an answer is recorded only while its lease holds. When a lease runs out, another process
 * claims the action again; the one that lost it makes no more calls for it and records nothing. Applying again is
 * harmless.
 *
 * What must not be sent yet is held back first (rules/hold-back.ts). An Operation for which no call can be made is put
 * aside, and holds up no other.
 *
 * When a cluster cannot be reached, rejects the credentials or says when to come back (Retry-After), the rest of the
 * batch is put off without a call. Until the time that the cluster gave, nothing is claimed for it. After that one call
 * asks it, and the calls that follow go eight at a time.
 */

import type { ClusterDirectory, ClusterTarget } from '../clusters/ports.ts';
import { reportUnreadable } from '../clusters/report-unreadable.ts';
import { AccessUnreadable } from '../clusters/rules/access-unreadable.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { ClusterFailure } from '../clusters/rules/failure.ts';
import { operatorReadyAfter } from '../clusters/rules/operator-ready.ts';
import { callConditions } from '../clusters/rules/reported-conditions.ts';
import { askedWaitSeconds, hasRoom, holdSeconds, type Room, throttledFor } from '../clusters/rules/throttling.ts';
import { eachOf } from '../kernel/each-of.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import { type Bad, throwIfTooMany } from '../kernel/rules/broken/bad-rows.ts';
import { isPastDeliverBefore } from '../operations/rules/end-operation.ts';
import { manifestOf } from '../operations/rules/manifest.ts';
import { shifted } from '../time/rules/slots.ts';
import { type Destination, deliverOne } from './deliver-one.ts';
import { type Claims, type HoldPorts, holdBack } from './hold-back.ts';
import type { Claim, ClusterCalls, Deliveries } from './ports.ts';
import { type ClaimLease, leaseSeconds, renewClaims } from './renew-claims.ts';
import { type ClusterAnswer, speaksForAll } from './rules/answer.ts';
import { backOffSeconds } from './rules/back-off.ts';
import { decideDelivery } from './rules/decide-delivery.ts';
import { nothingKnown } from './rules/may-delete.ts';

const batchSize = 64;
export const parallelCalls = 8;

export interface DeliverPorts extends Pick<HoldPorts, 'approvalClaims' | 'clusterChecks'> {
  readonly deliveries: Deliveries;
  readonly directory: ClusterDirectory;
  readonly clusterApi: ClusterCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Returns a number in [0, 1), which spreads retries. */
  readonly chance: () => number;
  /** What is known of a resource that is to be deleted. Default: nothing. */
  readonly deletionFacts?: Destination['deletionFacts'];
}

export async function deliver(ports: DeliverPorts, clusterId: string): Promise<{ readonly answeredCount: number }> {
  let answeredCount = 0;
  let outage: ClusterFailure | undefined;
  let recording: Promise<void> | undefined;
  const claims = await heldBack(ports, clusterId);
  const claimBatch = () => claimedOf(ports, clusterId, claims);
  let batch = await claimBatch();
  while (batch !== undefined) {
    // The next batch is claimed while the calls of this one run, and this one is recorded while those of the next run.
    const mayBeMore = outage === undefined && batch.claims.length === batchSize;
    const next: Promise<Batch | undefined> = mayBeMore ? claimBatch() : Promise.resolve(undefined);
    next.catch(() => {});
    try {
      const called = await callAll(ports, batch, outage).finally(batch.lease.end);
      await recording;
      recording = record(ports, clusterId, batch, called);
      recording.catch(() => {});
      answeredCount += called.answers.length;
      outage = called.outage;
      if (batch.asks && called.room === 'HasRoom') {
        await recording;
        batch = await claimBatch();
      } else batch = await next;
    } catch (error) {
      await recording?.catch(() => {});
      await next.then((unused) => unused?.lease.end()).catch(() => {});
      throw error;
    }
  }
  await recording;
  return { answeredCount };
}

interface Batch {
  readonly claims: readonly Claim[];
  readonly lease: ClaimLease;
  readonly destination: Destination;
  readonly cluster: Cluster;
  /** True for the one call that asks a cluster that was too busy, before others follow. */
  readonly asks: boolean;
}

async function heldBack(ports: DeliverPorts, clusterId: string): Promise<Claims> {
  const target = await readableTarget(ports, clusterId);
  return target === undefined ? new Map() : holdBack(ports, target.cluster, await ports.clock.now());
}

/** Claims actions that are owed; `undefined` when none is. */
async function claimedOf(ports: DeliverPorts, clusterId: string, sendable: Claims): Promise<Batch | undefined> {
  const target = await readableTarget(ports, clusterId);
  if (target === undefined) return undefined;
  const claimedAt = performance.now();
  const now = await ports.clock.now();
  const asks = target.cluster.throttledUntil !== undefined;
  const claims = await ports.deliveries.claim(
    clusterId,
    now,
    asks ? 1 : batchSize,
    leaseSeconds,
    sendable && new Set(sendable.keys()),
  );
  if (claims.length === 0) return undefined;
  const destination = destinationOf(ports, target, sendable, now, claimedAt);
  const { cluster } = target;
  return { claims, lease: renewClaims(ports, claims, claimedAt), destination, cluster, asks };
}

/** `undefined` as well when the access to the cluster cannot be opened: what is owed to it waits for new access. */
async function readableTarget(ports: DeliverPorts, clusterId: string): Promise<ClusterTarget | undefined> {
  try {
    return await ports.directory.target(clusterId);
  } catch (error) {
    if (!(error instanceof AccessUnreadable)) throw error;
    await reportUnreadable(ports, error);
    return undefined;
  }
}

async function record(ports: DeliverPorts, clusterId: string, batch: Batch, called: Answers): Promise<void> {
  const { answers, bad, outage, heldUntil } = called;
  const claimedCount = batch.claims.length;
  const { log } = ports;
  const now = await ports.clock.now();
  const recordedCount = await ports.deliveries.record(
    answers,
    (attempt, answer) => decideDelivery(attempt, answer, now, ports.chance()),
    now,
  );
  throwIfTooMany(bad, claimedCount);
  if (bad.length > 0) await ports.deliveries.putAside(bad, now);
  const lostCount = claimedCount - answers.length - bad.length;
  if (lostCount > 0) log.warn({ clusterId, count: lostCount }, 'claims of deliveries were lost: not called');
  if (recordedCount < answers.length)
    log.debug({ clusterId, count: answers.length - recordedCount }, 'answers came after the end of their claims');
  // When no claim still held, the answers may be old, so they say nothing about the cluster now.
  if (recordedCount === 0) return;
  const room = heldUntil === undefined ? called.room : throttledFor((heldUntil - performance.now()) / 1000, now);
  const operator = operatorReadyAfter(
    answers.map(({ answer }) => answer),
    batch.cluster,
  );
  const conditions = [...callConditions(outage), ...(operator === undefined ? [] : [operator])];
  const report = { conditions, contact: outage?.kind !== 'Unreachable', room, now };
  await ports.directory.report(clusterId, report);
  if (answers.some(({ answer }) => answer.kind === 'Refused' && answer.reason === 'ApprovalMissing'))
    await ports.clusterChecks.want(clusterId, now);
  if (outage !== undefined)
    log.warn({ clusterId, kind: outage.kind, reason: outage.message, putOff: claimedCount }, 'deliveries put off');
}

interface Answers {
  readonly answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[];
  /** Operations for which no call can be made, for example because they make no manifest. */
  readonly bad: readonly Bad<string>[];
  readonly outage: ClusterFailure | undefined;
  /** Until when the cluster asked for no call, by `performance.now()`. */
  readonly heldUntil: number | undefined;
  /** Set when the call that asked has found that the cluster has room again. */
  readonly room: Extract<Room, 'HasRoom'> | undefined;
}

/** Makes the calls of a batch. When the outage is known already, no call is made. */
async function callAll(ports: DeliverPorts, batch: Batch, known: ClusterFailure | undefined): Promise<Answers> {
  const { destination, claims, lease, asks } = batch;
  const answers: { claim: Claim; answer: ClusterAnswer }[] = [];
  const bad: Bad<string>[] = [];
  let outage = known;
  let heldUntil: number | undefined;
  const ask = async (claim: Claim, sendUntil: number) => {
    const answer = await deliverOne(destination, claim, sendUntil);
    if (speaksForAll(answer)) outage = answer;
    const seconds = holdSeconds(answer, backOffSeconds(claim.attempts, ports.chance()));
    if (seconds !== undefined) heldUntil = Math.max(heldUntil ?? 0, performance.now() + seconds * 1000);
    return answer;
  };
  await eachOf(claims, parallelCalls, async (claim) => {
    const sendUntil = lease.sendUntil(claim);
    if (sendUntil === undefined) return;
    try {
      const answer = outage === undefined ? await ask(claim, sendUntil) : putOff(outage);
      answers.push({ claim, answer });
    } catch (error) {
      bad.push({ item: claim.operation.id, error });
    }
  });
  const room = asks && answers.some(({ answer }) => hasRoom(answer)) ? 'HasRoom' : undefined;
  return { answers, bad, outage, heldUntil, room };
}

function destinationOf(
  { clusterApi: api, deletionFacts = async () => nothingKnown }: DeliverPorts,
  target: ClusterTarget,
  claims: Claims,
  now: string,
  since: number,
): Destination {
  return {
    api,
    target,
    apply: (operation, sendUntil) =>
      api.apply(target, manifestOf(operation, target.cluster, claims?.get(operation.id)), sendUntil),
    deletionFacts,
    isPastDeliverBefore: (operation) =>
      isPastDeliverBefore(operation, shifted(now, (performance.now() - since) / 1000)),
  };
}

/** The answer for the Operations whose calls were not made. */
function putOff(outage: ClusterFailure): ClusterFailure {
  const retryAfterSeconds = askedWaitSeconds(outage);
  if (retryAfterSeconds !== undefined) return { kind: 'Throttled', message: outage.message, retryAfterSeconds };
  return outage.kind === 'Unreachable' ? { ...outage, untouched: true } : outage;
}
