/**
 * Transactions on a connection of the pool, or through Prisma, under one rule. When PostgreSQL ends a transaction
 * because of another one, its work runs again in a new transaction, three times at most. So work may change nothing but
 * rows.
 */
import type { Pool, PoolClient } from 'pg';
import type { Store } from '../../core/kernel/ports.ts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { codeOf, refusalOf } from './refusals.ts';

const maxAttempts = 3;
/** Errors that pass when the work runs again: serialization failure, deadlock, and Prisma's code for both. */
const passing: readonly (string | undefined)[] = ['40001', '40P01', 'P2034'];

/** `attempt` runs one whole transaction, which has changed nothing when it throws. */
async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= maxAttempts || !passing.includes(codeOf(error))) throw error;
    }
  }
}

/** Runs `work` in a transaction of plain SQL. It is rolled back when `work` throws, and the error is thrown again. */
export function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin = 'begin'): Promise<T> {
  return withRetries(() => once(pool, work, begin));
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks in use fails its query; its error event is that same failure once more.
  const ignore = () => undefined;
  client.on('error', ignore);
  let broken = false;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.removeListener('error', ignore);
    client.release(broken);
  }
}

/**
 * The record through Prisma. Only the effects of the attempt that is committed run, each once, after the commit. A write
 * that does not fit the record ends in the Refusal that says so.
 */
export function storeOf<Tables>(
  prisma: PrismaClient,
  tablesOf: (client: Prisma.TransactionClient) => Tables,
): Store<Tables> {
  return {
    tables: tablesOf(prisma),
    async transaction(work) {
      const { result, effects } = await withRetries(async () => {
        const effects: (() => void)[] = [];
        const afterCommit = (effect: () => void) => void effects.push(effect);
        const result = await prisma.$transaction((client) => work({ ...tablesOf(client), afterCommit }), {
          maxWait: 5_000,
          timeout: 20_000,
        });
        return { result, effects };
      }).catch((error: unknown) => {
        throw refusalOf(error);
      });
      for (const effect of effects) effect();
      return result;
    },
  };
}
