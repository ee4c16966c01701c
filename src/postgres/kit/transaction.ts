/**
 * Transactions on a connection of the pool, under one rule. When PostgreSQL ends a transaction
 * because of another one, its work runs again in a new transaction, three times at most. So work may change nothing but
 * rows.
 *
 * A commit whose answer never came may have happened. What looks for its own work again (a tick, a delivery, a watch)
 * simply reads what is there. A request has a caller who would send it again, so there the database is asked what became
 * of the transaction (pg_xact_status): if it is committed, the request has its answer, as if nothing had been lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { Committing, Store } from '../../core/kernel/ports.ts';
import { codeOf, refusalOf } from './refusals.ts';
import { type Sql, select } from './sql.ts';
import type { WriteStanding } from './write-standing.ts';

const maxAttempts = 3;
/** Errors that pass when the work runs again: serialization failure and deadlock. */
const passing: readonly (string | undefined)[] = ['40001', '40P01'];

/**
 * A key that another transaction took meanwhile. A caller is to be told who has it, and a refused transaction answers no
 * query; when the work runs again, it finds the holder.
 */
const takenMeanwhile = '23505';

/** `attempt` runs one whole transaction, which has changed nothing when it throws. */
async function withRetries<T>(attempt: () => Promise<T>, worthAnother = passing): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= maxAttempts || !worthAnother.includes(codeOf(error))) throw error;
    }
  }
}

/** Runs `work` in a transaction of plain SQL. It is rolled back when `work` throws, and the error is thrown again. */
export function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin = 'begin'): Promise<T> {
  return withRetries(() => once(pool, work, begin));
}

async function once<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect();
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
    client.release(broken);
  }
}

/**
 * The record for requests. Only the effects of the attempt that is committed run, each once, after the commit. A write
 * that does not fit the record ends in the Refusal that says so.
 */
export function storeOf<Tables>(
  { pool, writes }: { readonly pool: Pool; readonly writes: WriteStanding },
  tablesOf: (client: Sql) => Tables,
): Store<Tables> {
  return {
    tables: tablesOf(pool),
    async transaction<Result>(work: (tx: Tables & Committing) => Promise<Result>): Promise<Result> {
      const attempt = async () => {
        const effects: (() => void)[] = [];
        const afterCommit = (effect: () => void) => void effects.push(effect);
        const ran: { done?: { readonly result: Result; readonly xid: string | undefined } } = {};
        const inOne = async (client: PoolClient) => {
          const result = await work({ ...tablesOf(client), afterCommit });
          ran.done = { result, xid: await xidOf(client) };
          return ran.done;
        };
        try {
          const { result, xid } = await once(pool, inOne, 'begin');
          if (xid !== undefined) writes.worked();
          return { result, effects };
        } catch (error) {
          const { done } = ran;
          if (done?.xid === undefined || !(await isCommitted(pool, done.xid))) throw error;
          return { result: done.result, effects };
        }
      };
      const { result, effects } = await withRetries(attempt, [...passing, takenMeanwhile]).catch((error: unknown) => {
        writes.failed(error);
        throw refusalOf(error);
      });
      for (const effect of effects) effect();
      return result;
    },
  };
}

/** The id of the transaction; `undefined` when it has written nothing. */
async function xidOf(client: PoolClient): Promise<string | undefined> {
  const [row] = await select(client, 'select pg_current_xact_id_if_assigned()::text as xid', []);
  return typeof row?.xid === 'string' ? row.xid : undefined;
}

/** Longer than a transaction that was cut off stays open (pool.ts). */
const decidedWithinMs = 8_000;

/**
 * What became of a transaction whose end was not answered. One that the commit never reached is open until the server
 * notices. False as well when nobody can say; the caller is then told that the request may not have been done.
 */
async function isCommitted(pool: Pool, xid: string): Promise<boolean> {
  const deadline = performance.now() + decidedWithinMs;
  try {
    for (;;) {
      const [row] = await select(pool, 'select pg_xact_status($1::text::xid8) as status', [xid]);
      if (row?.status !== 'in progress') return row?.status === 'committed';
      if (performance.now() > deadline) return false;
      await sleep(100);
    }
  } catch {
    return false;
  }
}
