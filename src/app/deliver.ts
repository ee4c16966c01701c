/**
 * One activation of the connector for one cluster: what is owed to it is delivered, in the order of the slots. Claims
 * are leases, calls happen between transactions, and a result is recorded only under its own lease; so it may be called
 * at any time, by any connector, and stopped or killed anywhere: a lease that runs out is claimed again, who lost it
 * calls and records nothing more, and applying again is harmless.
 *
 * A cluster that cannot be reached, or says when to come back, answers for all: the rest of the batch is put off without
 * a call. One that was too busy is then asked with one call, before it gets eight at a time.
 */
import {
  type ClusterAnswer,
  type ClusterFailure,
  decideDelivery,
  speaksForAll,
  wasThrottled,
} from '../domain/delivery.ts';
import { isLate } from '../domain/ends.ts';
import { manifestOf } from '../domain/manifest.ts';
import { shifted } from '../domain/slots.ts';
import { type ClaimLease, keepClaims, leaseSeconds } from './claim-lease.ts';
import { conditionsOf } from './cluster-conditions.ts';
import type { Claim, ClusterApi, ClusterDirectory, ClusterTarget, Deliveries } from './connector-ports.ts';
import { type Calls, deliverOne } from './deliver-one.ts';
import type { Clock, Log } from './ports.ts';

const batchSize = 64;
export const parallelCalls = 8;

export interface DeliverPorts {
  readonly deliveries: Deliveries;
  readonly directory: ClusterDirectory;
  readonly clusterApi: ClusterApi;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1): spreads retries. */
  readonly chance: () => number;
}

export async function deliver(ports: DeliverPorts, clusterId: string): Promise<{ readonly answeredCount: number }> {
  let answeredCount = 0;
  let outage: ClusterFailure | undefined;
  let recording: Promise<void> | undefined;
  let batch = await claimBatch(ports, clusterId);
  while (batch !== undefined) {
    // The next batch is claimed while this one is called, and this one recorded while the next is called.
    const mayBeMore = outage === undefined && batch.claims.length === batchSize;
    const next: Promise<Batch | undefined> = mayBeMore ? claimBatch(ports, clusterId) : Promise.resolve(undefined);
    next.catch(() => {});
    try {
      const called = await callAll(batch, outage).finally(batch.lease.end);
      await recording;
      recording = record(ports, clusterId, batch.claims.length, called);
      recording.catch(() => {});
      answeredCount += called.answers.length;
      outage = called.outage;
      batch = await next;
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
  readonly calls: Calls;
}

/** Claims what is owed; `undefined` when nothing is. */
async function claimBatch(ports: DeliverPorts, clusterId: string): Promise<Batch | undefined> {
  const target = await ports.directory.target(clusterId);
  if (target === undefined) return undefined;
  const claimedAt = performance.now();
  const now = await ports.clock.now();
  const claims = await ports.deliveries.claim(clusterId, now, batchSize, leaseSeconds);
  if (claims.length === 0) return undefined;
  const calls = callsTo(ports.clusterApi, target, now, claimedAt);
  return { claims, lease: keepClaims(ports, claims, claimedAt), calls };
}

async function record(ports: DeliverPorts, clusterId: string, claimedCount: number, called: Answers): Promise<void> {
  const { answers, outage } = called;
  const { log } = ports;
  const now = await ports.clock.now();
  const recordedCount = await ports.deliveries.record(answers, (attempt, answer) =>
    decideDelivery(attempt, answer, now, ports.chance()),
  );
  if (answers.length < claimedCount)
    log.warn({ clusterId, count: claimedCount - answers.length }, 'claims of deliveries were lost: not called');
  if (recordedCount < answers.length)
    log.debug({ clusterId, count: answers.length - recordedCount }, 'answers came after the end of their claims');
  // Without a claim that still held, what was heard may be old.
  if (recordedCount === 0) return;
  const conditions = conditionsOf(outage);
  await ports.directory.report(clusterId, { conditions, contact: outage?.kind !== 'Unreachable', now });
  if (outage !== undefined)
    log.warn({ clusterId, kind: outage.kind, reason: outage.message, putOff: claimedCount }, 'deliveries put off');
}

interface Answers {
  readonly answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[];
  readonly outage: ClusterFailure | undefined;
}

/** With an outage that is known already nothing is called. */
async function callAll({ calls, claims, lease }: Batch, known: ClusterFailure | undefined): Promise<Answers> {
  const answers: { claim: Claim; answer: ClusterAnswer }[] = [];
  let outage = known;
  const call = async (claim: Claim) => {
    if (!lease.holds(claim)) return;
    const answer = putOff(outage) ?? (await deliverOne(calls, claim));
    if (speaksForAll(answer)) outage = answer;
    answers.push({ claim, answer });
  };
  const probes = claims.slice(0, 1).filter(({ operation }) => wasThrottled(operation));
  for (const claim of probes) await call(claim);
  const waiting = claims.slice(probes.length).values();
  const worker = async () => {
    for (const claim of waiting) await call(claim);
  };
  await Promise.all(Array.from({ length: parallelCalls }, worker));
  return { answers, outage };
}

function callsTo(api: ClusterApi, target: ClusterTarget, now: string, since: number): Calls {
  return {
    api,
    target,
    apply: (operation) => api.apply(target, manifestOf(operation, target.cluster)),
    isLate: (operation) => isLate(operation, shifted(now, (performance.now() - since) / 1000)),
  };
}

/** The answer for those that were not called. */
function putOff(outage: ClusterFailure | undefined): ClusterFailure | undefined {
  return outage?.kind === 'Unreachable' ? { ...outage, untouched: true } : outage;
}
