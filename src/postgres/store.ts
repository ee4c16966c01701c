/**
 * The record: opens the database, and hands out the ports of all subjects over it.
 */

import type { Pool } from 'pg';
import type { QuotaLimits } from '../core/access/rules/quotas.ts';
import { noApprovalClaims } from '../core/delivery/approval-claims.ts';
import type { Log } from '../core/kernel/ports.ts';
import type { TaskRecord } from '../core/kernel/task.ts';
import type { ForeignCaps } from '../core/observation/rules/foreign-caps.ts';
import { apiKeyHoldersOf } from './access/api-key-holders.ts';
import { forgetAnswers } from './access/idempotency.ts';
import { agentEventsOf } from './agents/agent-events.ts';
import { clockRecordOf } from './clocks/clock-record.ts';
import { putOffOf } from './clocks/put-off.ts';
import { clusterChecksOf, clusterFiguresOf } from './clusters/checks.ts';
import { directoryOf } from './clusters/directory.ts';
import { deliveriesOf } from './delivery/deliveries.ts';
import { heldRowsOf } from './kit/batches/held-rows.ts';
import { clockOf } from './kit/clock.ts';
import { openPools, type PoolOptions, type Pools, type Purpose } from './kit/pool.ts';
import { type Sealer, sealer } from './kit/seal.ts';
import { storeOf } from './kit/transaction.ts';
import { vault } from './kit/vault.ts';
import { type WriteStanding, writeStandingOf } from './kit/write-standing.ts';
import { migrate } from './migrations/migrate.ts';
import { applicationMirrorOf } from './observation/application-mirror.ts';
import { foreignOperationsOf } from './observation/foreign-operations.ts';
import { leasesOf } from './observation/leases.ts';
import { observationsOf } from './observation/observations.ts';
import { returnedDeletionsOf, returnedResourcesOf } from './observation/returned-resources.ts';
import { deadlinesOf } from './operations/deadlines.ts';
import { restoreWaitsOf } from './operations/restore-waits.ts';
import { protectionsOf } from './protection/protections.ts';
import { recoveryPointsOf } from './protection/recovery-points.ts';
import { failurePoliciesOf } from './scheduling/failure-policies.ts';
import { firingOf } from './scheduling/firing.ts';
import { nextSlotsOf } from './scheduling/next-slots.ts';
import { scheduleOutcomesOf } from './scheduling/outcomes.ts';
import { tablesOf } from './tables.ts';
import { tidyingOf } from './tidying/tidying.ts';
import { velerosWordOf } from './velero/velero-record.ts';
import { velerosCopiesOf, velerosWordsOf } from './velero/velero-words.ts';
import { velerosWorkOf } from './velero/velero-work.ts';
import { invariantsOf } from './watchdog/invariants.ts';
import { taskRecordOf } from './watchdog/task-record.ts';

export interface StoreLimits {
  readonly quotas: QuotaLimits;
  readonly foreignOperations: ForeignCaps;
}

export interface StoreOptions {
  readonly url: string;
  /** 32 bytes. */
  readonly secretsKey: Buffer;
  readonly log: Log;
  readonly connectionCounts?: PoolOptions['connectionCounts'];
  /** If absent, nothing is limited. */
  readonly limits?: StoreLimits;
}

const many = 1_000_000_000;
export const unlimited: StoreLimits = {
  quotas: {
    organizationClusters: many,
    organizationApplications: many,
    clusterApplications: many,
    organizationSchedules: many,
    clusterSchedules: many,
  },
  foreignOperations: { cluster: many, organization: many },
};

/** Connects and migrates. Rejects when the database cannot be reached. */
export async function openStore({ secretsKey, limits = unlimited, ...options }: StoreOptions) {
  const { url, log } = options;
  const applied = await migrate(url);
  if (applied.length > 0) log.info({ applied }, 'migrated the database');
  const pools = openPools(options);
  const seals = sealer(secretsKey);
  const writes = writeStandingOf(pools.probe);

  return {
    ...portsOver(forRequests(pools), seals, limits, log),
    /** The same ports for what the service does by itself: over connections that no request can take. */
    background: { ...portsOver(pools, seals, limits, log), taskRecord: noted(taskRecordOf(pools.lease), writes) },
    store: storeOf({ pool: pools.request, writes }, (client) => tablesOf(client, seals, limits.quotas)),
    apiKeyHolders: apiKeyHoldersOf(pools.request),
    /** Why the database takes no writes now, for people; `undefined` while it does. Rejects when it does not answer. */
    writesFail: writes.look,
    pool: pools.request,
    pools,
    close: () => pools.end(),
  };
}

/** The ports of all subjects, over one database. */
export type Opened = Awaited<ReturnType<typeof openStore>>;

/** Every process records its tasks, so each hears within seconds that the database takes no writes. */
function noted(record: TaskRecord, writes: WriteStanding): TaskRecord {
  return {
    report: (standings) =>
      record.report(standings).catch((error: unknown) => {
        writes.failed(error);
        throw error;
      }),
  };
}

type PoolsOfPorts = Readonly<Record<Exclude<Purpose, 'request' | 'probe'>, Pool>>;

/** Whatever a request asks for, it waits for a connection of requests. */
function forRequests({ request, lease }: Pools): PoolsOfPorts {
  return { tick: request, work: request, task: request, lease };
}

function portsOver(
  { tick, work, task, lease }: PoolsOfPorts,
  seals: Sealer,
  { foreignOperations }: StoreLimits,
  log: Log,
) {
  const heldRows = heldRowsOf(work, log);
  return {
    heldRows,
    firing: firingOf(tick, heldRows),
    tickClock: clockOf(tick),
    clockRecord: clockRecordOf(tick),
    clock: clockOf(work),
    approvalClaims: noApprovalClaims,
    deliveries: deliveriesOf({ work, lease, tick }, heldRows),
    observations: observationsOf(work, heldRows),
    applicationMirror: applicationMirrorOf(work, heldRows),
    foreignOperations: foreignOperationsOf(work, heldRows, foreignOperations),
    returnedResources: returnedResourcesOf(work, heldRows),
    returnedDeletions: returnedDeletionsOf(work),
    directory: directoryOf(work, seals),
    nextSlots: nextSlotsOf(work),
    agents: agentEventsOf(work, heldRows),
    veleroRecord: { ...velerosWordOf(work, heldRows), ...velerosWorkOf(task, heldRows) },
    veleroWords: velerosWordsOf(task),
    veleroCopies: velerosCopiesOf(task),
    recoveryPoints: recoveryPointsOf(task),
    failurePolicies: failurePoliciesOf(task, heldRows),
    scheduleOutcomes: scheduleOutcomesOf(task),
    deadlines: deadlinesOf(task, heldRows),
    restoreWaits: restoreWaitsOf(task),
    tidying: tidyingOf(task, heldRows),
    putOff: putOffOf(task),
    protections: protectionsOf(task, heldRows),
    invariants: invariantsOf(task),
    clusterChecks: clusterChecksOf(task, heldRows),
    clusterFigures: clusterFiguresOf(task),
    taskRecord: taskRecordOf(lease),
    leases: leasesOf(lease),
    forgetAnswers: () => forgetAnswers(task),
    vault,
  };
}
