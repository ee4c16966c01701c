/**
 * The record: opens the database, and hands out the ports of all subjects over it. Ordinary reads and writes go through
 * Prisma, hot paths through plain SQL.
 */

import { PrismaPg } from '@prisma/adapter-pg';
import type { QuotaLimits } from '../core/access/rules/quotas.ts';
import type { Log } from '../core/kernel/ports.ts';
import type { ForeignCaps } from '../core/observation/rules/foreign-caps.ts';
import { apiKeyHoldersOf } from './access/api-key-holders.ts';
import { forgetAnswers } from './access/idempotency.ts';
import { agentEventsOf } from './agents/agent-events.ts';
import { clockRecordOf } from './clocks/clock-record.ts';
import { putOffOf } from './clocks/put-off.ts';
import { clusterChecksOf, clusterFiguresOf } from './clusters/checks.ts';
import { directoryOf } from './clusters/directory.ts';
import { deliveriesOf } from './delivery/deliveries.ts';
import { PrismaClient } from './generated/client.ts';
import { heldRowsOf } from './kit/batches/held-rows.ts';
import { clockOf } from './kit/clock.ts';
import { openPool, ping } from './kit/pool.ts';
import { sealer } from './kit/seal.ts';
import { storeOf } from './kit/transaction.ts';
import { vault } from './kit/vault.ts';
import { migrate } from './migrations/migrate.ts';
import { applicationMirrorOf } from './observation/application-mirror.ts';
import { foreignOperationsOf } from './observation/foreign-operations.ts';
import { leasesOf } from './observation/leases.ts';
import { observationsOf } from './observation/observations.ts';
import { deadlinesOf } from './operations/deadlines.ts';
import { protectionsOf } from './protection/protections.ts';
import { recoveryPointsOf } from './protection/recovery-points.ts';
import { failurePoliciesOf } from './scheduling/failure-policies.ts';
import { firingOf } from './scheduling/firing.ts';
import { nextSlotsOf } from './scheduling/next-slots.ts';
import { tablesOf } from './tables.ts';
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
  readonly maxConnections?: number;
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
export async function openStore(options: StoreOptions) {
  const applied = await migrate(options.url);
  if (applied.length > 0) options.log.info({ applied }, 'migrated the database');
  const pool = openPool({
    url: options.url,
    log: options.log,
    ...(options.maxConnections !== undefined && { max: options.maxConnections }),
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  // Leases have connections of their own, so that none runs out while others wait for a connection.
  const leasePool = openPool({ url: options.url, log: options.log, max: 2, name: 'vworkspace-backups-leases' });
  const seals = sealer(options.secretsKey);
  const heldRows = heldRowsOf(pool, options.log);
  const { quotas, foreignOperations } = options.limits ?? unlimited;

  return {
    store: storeOf(prisma, (client) => tablesOf(client, seals, quotas)),
    apiKeyHolders: apiKeyHoldersOf(pool),
    ping: () => ping(pool),
    heldRows,
    firing: firingOf(pool, heldRows),
    nextSlots: nextSlotsOf(pool),
    failurePolicies: failurePoliciesOf(pool, heldRows),
    deliveries: deliveriesOf(pool, leasePool, heldRows),
    observations: observationsOf(pool, heldRows),
    deadlines: deadlinesOf(pool, heldRows),
    applicationMirror: applicationMirrorOf(pool, heldRows),
    foreignOperations: foreignOperationsOf(pool, heldRows, foreignOperations),
    recoveryPoints: recoveryPointsOf(pool),
    protections: protectionsOf(pool, heldRows),
    invariants: invariantsOf(pool),
    taskRecord: taskRecordOf(pool),
    clockRecord: clockRecordOf(pool),
    putOff: putOffOf(pool),
    directory: directoryOf(pool, seals),
    leases: leasesOf(leasePool),
    clusterChecks: clusterChecksOf(pool, heldRows),
    clusterFigures: clusterFiguresOf(pool),
    agents: agentEventsOf(pool, heldRows),
    clock: clockOf(pool),
    vault,
    pool,
    forgetAnswers: () => forgetAnswers(pool),
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.end(), leasePool.end()]);
    },
  };
}

/** The ports of all subjects, over one database. */
export type Opened = Awaited<ReturnType<typeof openStore>>;
