/** Connections to the database. Every wait has a bound: for a connection, for a statement, for an idle transaction. */
import { Pool } from 'pg';
import type { Log } from '../../core/kernel/ports.ts';

export function openPool(options: {
  readonly url: string;
  readonly log: Log;
  readonly max?: number;
  readonly name?: string;
}): Pool {
  const pool = new Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: options.name ?? 'vworkspace-backups',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => options.log.warn({ reason: error.message }, 'a database connection was lost'));
  return pool;
}

/** Rejects when the database does not answer. */
export async function ping(pool: Pool): Promise<void> {
  await pool.query('select 1');
}
