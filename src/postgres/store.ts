/** Everything that is kept, over one pool of connections: Prisma for ordinary reads and writes, plain SQL where it is hot. */

import { PrismaPg } from '@prisma/adapter-pg';
import type { Log, Store } from '../core/kernel/ports.ts';
import { apiKeyHoldersOf } from './access/tables.ts';
import { agentEventsOf } from './agents/agent-events.ts';
import { applicationMirrorOf } from './applications/cluster-applications.ts';
import { clusterChecksOf, clusterFiguresOf } from './clusters/checks.ts';
import { directoryOf } from './clusters/directory.ts';
import { deliveriesOf } from './delivery/deliveries.ts';
import { PrismaClient } from './generated/client.ts';
import { migrate } from './kit/migrate.ts';
import { openPool } from './kit/pool.ts';
import { mayRetry } from './kit/refusals.ts';
import { sealer } from './kit/seal.ts';
import { select } from './kit/sql.ts';
import { vault } from './kit/vault.ts';
import { foreignOperationsOf } from './observation/foreign-operations.ts';
import { leasesOf } from './observation/leases.ts';
import { observationsOf } from './observation/observations.ts';
import { deadlinesOf } from './operations/deadlines.ts';
import { protectionsOf } from './protection/protections.ts';
import { recoveryPointsOf } from './protection/recovery-points.ts';
import { failurePoliciesOf } from './scheduling/failure-policies.ts';
import { emissionOf } from './scheduling/firing.ts';
import { type Tables, tablesOf } from './tables.ts';
import { taskRecordOf } from './task-record.ts';
import { invariantsOf } from './watchdog.ts';

export interface StoreOptions {
  readonly url: string;
  /** 32 bytes. */
  readonly secretsKey: Buffer;
  readonly log: Log;
  readonly maxConnections?: number;
}

const transactionAttempts = 3;
/** Connects, migrates, and hands out what works on the database. Throws when the database cannot be reached. */
export async function openStore(options: StoreOptions) {
  const applied = await migrate(options.url);
  if (applied.length > 0) options.log.info({ applied }, 'migrated the database');
  const pool = openPool({
    url: options.url,
    log: options.log,
    ...(options.maxConnections !== undefined && { max: options.maxConnections }),
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  // Apart, so that a crowd before the other connections costs no lease. Connections are made when they are asked for.
  const leasePool = openPool({ url: options.url, log: options.log, max: 2, name: 'vworkspace-backups-leases' });
  const seals = sealer(options.secretsKey);

  const store: Store<Tables> = {
    tables: tablesOf(prisma, seals),
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        const effects: (() => void)[] = [];
        try {
          const result = await prisma.$transaction(
            (client) =>
              work({ ...tablesOf(client, seals), afterCommit: (effect: () => void) => void effects.push(effect) }),
            { maxWait: 5_000, timeout: 20_000 },
          );
          for (const effect of effects) effect();
          return result;
        } catch (error) {
          if (attempt >= transactionAttempts || !mayRetry(error)) throw error;
        }
      }
    },
  };

  return {
    store,
    apiKeyHolders: apiKeyHoldersOf(pool),
    /** Fails when the database cannot be reached. */
    async ping() {
      await pool.query('select 1');
    },
    emission: emissionOf(pool),
    failurePolicies: failurePoliciesOf(pool),
    deliveries: deliveriesOf(pool, leasePool),
    observations: observationsOf(pool),
    deadlines: deadlinesOf(pool),
    applicationMirror: applicationMirrorOf(pool),
    foreignOperations: foreignOperationsOf(pool),
    recoveryPoints: recoveryPointsOf(pool),
    protections: protectionsOf(pool),
    invariants: invariantsOf(pool),
    taskRecord: taskRecordOf(pool),
    directory: directoryOf(pool, seals, options.log),
    leases: leasesOf(leasePool),
    clusterChecks: clusterChecksOf(pool),
    clusterFigures: clusterFiguresOf(pool),
    agents: agentEventsOf(pool),
    clock: {
      async now() {
        const [row] = await select(pool, 'select clock_timestamp() as now', []);
        if (!(row?.now instanceof Date)) throw new Error('The database did not tell the time.');
        return row.now.toISOString();
      },
    },
    vault,
    pool,
    /** Forgets answers kept by Idempotency-Key for more than a day; says how many. */
    async forgetAnswers() {
      const { rowCount } = await pool.query(
        `delete from idempotency_key where created_at < now() - interval '24 hours'`,
      );
      return rowCount ?? 0;
    },
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.end(), leasePool.end()]);
    },
  };
}

/** Everything that works on the database: the sum of the subjects' ports, typed here once. */
export type Opened = Awaited<ReturnType<typeof openStore>>;
