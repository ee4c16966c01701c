/**
 * One activation of the connector for one cluster: what is owed to it is delivered, in the order of the slots. Claims
 * are leases, calls happen between transactions, and a result is recorded only under its own lease; so it may be called
 * at any time, by any connector, and stopped or killed anywhere: a lease that runs out is claimed again, who lost it
 * calls and records nothing more, and applying again is harmless.
 *
 * A cluster that cannot be reached answers for all: the rest of the batch is put off without a call.
 */
import { type ClusterAnswer, type ClusterFailure, decideDelivery } from '../domain/delivery.ts';
import { isLate } from '../domain/ends.ts';
import { manifestOf } from '../domain/manifest.ts';
import { shifted } from '../domain/slots.ts';
import { type ClaimLease, keepClaims, leaseSeconds } from './claim-lease.ts';
import { conditionsOf } from './cluster-conditions.ts';
import type { Claim, ClusterApi, ClusterDirectory, ClusterTarget, Deliveries } from './connector-ports.ts';
import { type Calls, deliverOne } from './deliver-one.ts';
import type { Clock, Log } from './ports.ts';

const batchSize = 64;
const parallelCalls = 4;

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
  let recording = Promise.resolve(true);
  for (let goOn = true; goOn; ) {
    // The next batch is called while the one before is being recorded.
    const [called, recorded] = await Promise.allSettled([callBatch(ports, clusterId), recording]);
    const batch = called.status === 'fulfilled' ? called.value : undefined;
    if (batch !== undefined) {
      answeredCount += batch.answers.length;
      recording = record(ports, clusterId, batch);
      recording.catch(() => {});
    }
    goOn = batch !== undefined && batch.outage === undefined && recorded.status === 'fulfilled' && recorded.value;
    if (goOn) continue;
    await recording;
    for (const step of [called, recorded]) if (step.status === 'rejected') throw step.reason;
  }
  return { answeredCount };
}

interface Batch extends Answers {
  readonly claimedCount: number;
}

/** Claims what is owed and calls the cluster for it; `undefined` when nothing is. */
async function callBatch(ports: DeliverPorts, clusterId: string): Promise<Batch | undefined> {
  const target = await ports.directory.target(clusterId);
  if (target === undefined) return undefined;
  const claimedAt = performance.now();
  const claimedNow = await ports.clock.now();
  const claims = await ports.deliveries.claim(clusterId, claimedNow, batchSize, leaseSeconds);
  if (claims.length === 0) return undefined;
  const lease = keepClaims(ports, claims, claimedAt);
  const calls = callsTo(ports.clusterApi, target, claimedNow, claimedAt);
  const called = await callAll(calls, claims, lease).finally(lease.end);
  return { ...called, claimedCount: claims.length };
}

/** Says whether to go on: without a claim that still held, what was heard may be old. */
async function record(ports: DeliverPorts, clusterId: string, batch: Batch): Promise<boolean> {
  const { answers, outage, claimedCount } = batch;
  const { log } = ports;
  const now = await ports.clock.now();
  const recordedCount = await ports.deliveries.record(answers, (attempt, answer) =>
    decideDelivery(attempt, answer, now, ports.chance()),
  );
  if (answers.length < claimedCount)
    log.warn({ clusterId, count: claimedCount - answers.length }, 'claims of deliveries were lost: not called');
  if (recordedCount < answers.length)
    log.debug({ clusterId, count: answers.length - recordedCount }, 'answers came after the end of their claims');
  if (recordedCount === 0) return false;
  const conditions = conditionsOf(outage);
  await ports.directory.report(clusterId, { conditions, contact: outage?.kind !== 'Unreachable', now });
  if (outage !== undefined)
    log.warn({ clusterId, kind: outage.kind, reason: outage.message, putOff: claimedCount }, 'deliveries put off');
  return true;
}

interface Answers {
  readonly answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[];
  readonly outage: ClusterFailure | undefined;
}

async function callAll(calls: Calls, claims: readonly Claim[], lease: ClaimLease): Promise<Answers> {
  const answers: { claim: Claim; answer: ClusterAnswer }[] = [];
  let outage: ClusterFailure | undefined;
  const waiting = claims.values();
  const worker = async () => {
    for (const claim of waiting) {
      if (!lease.holds(claim)) continue;
      const answer = putOff(outage) ?? (await deliverOne(calls, claim));
      if (answer.kind === 'Unreachable' || answer.kind === 'CredentialsRejected') outage = answer;
      answers.push({ claim, answer });
    }
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
