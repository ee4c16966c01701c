/** Plain SQL on one connection: transactions that are rolled back whatever happens, and rows in the domain's names. */
import type { Pool, PoolClient } from 'pg';
import { mayRetry } from './refusals.ts';
import { camelRow, type Row } from './shape.ts';

const attempts = 3;

/** Runs `work` in one transaction; again when the database ended it for the sake of another one. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(pool, work, begin);
    } catch (error) {
      if (attempt >= attempts || !mayRetry(error)) throw error;
    }
  }
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

export async function select(
  client: Pool | PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(text, [...values]);
  return rows.map(camelRow);
}
