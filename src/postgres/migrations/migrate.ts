/**
 * Brings a database to the schema that this version needs: applies what is missing of prisma/migrations, in order.
 *
 * Every process does it at its start, one after another. What is applied is left alone, and so is what only a newer
 * version knows. A migration and its row in `_prisma_migrations` are one transaction, so a process that dies leaves all
 * of it or nothing. The rows are those that Prisma's own commands write, under the lock that those take: they agree with
 * what they find, and can go on from it. A migration that fails stops the start.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, DatabaseError } from 'pg';
import { type Migration, missingOf, readMigrations } from './migration-history.ts';

export const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** How long a migration waits for a lock, how often it tries, and how long it lets the others pass in between. */
interface Locking {
  /** How long a process waits until those before it have migrated. */
  readonly turnMs: number;
  readonly timeoutMs: number;
  readonly attemptCount: number;
  readonly pauseMs: number;
}

/** While a migration waits for a table, everybody who wants that table waits behind it: so it soon makes way. */
const usualLocking: Locking = { turnMs: 10 * 60_000, timeoutMs: 3_000, attemptCount: 10, pauseMs: 5_000 };
const advisoryLockOfPrisma = 72_707_369;
const lockNotAvailable = '55P03';
const deadlockDetected = '40P01';

/** Applies what is missing, in order; returns the names of what it applied. */
export async function migrate(
  url: string,
  { folder = migrationsFolder, locking = usualLocking }: { readonly folder?: string; readonly locking?: Locking } = {},
): Promise<readonly string[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A connection that breaks between two statements fails the next one; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await waitForTurn(client, locking.turnMs);
    const missing = await missingOf(client, await readMigrations(folder));
    for (const migration of missing) await apply(client, migration, locking);
    return missing.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function waitForTurn(client: Client, turnMs: number): Promise<void> {
  await client.query(`set lock_timeout = ${turnMs}`);
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLockOfPrisma]);
  } catch (cause) {
    if (!isAboutLocks(cause)) throw cause;
    throw new Error(
      `Another process has held the lock of migrations for ${turnMs / 1000} s, so nothing is applied. ` +
        "Find it in pg_locks (locktype 'advisory', objid 72707369), end it if it hangs, and start again.",
      { cause },
    );
  }
  await client.query('reset lock_timeout');
}

async function apply(client: Client, migration: Migration, { timeoutMs, attemptCount, pauseMs }: Locking) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnce(client, migration, timeoutMs);
    } catch (cause) {
      await client.query('rollback').catch(() => {});
      if (!isAboutLocks(cause)) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`The migration ${migration.name} failed: ${reason}`, { cause });
      }
      if (attempt === attemptCount) {
        throw new Error(
          `The migration ${migration.name} did not get its locks in ${attemptCount} attempts of ${timeoutMs / 1000} s. ` +
            'Nothing of it is applied. Another transaction holds a table that it changes: find it in pg_stat_activity ' +
            '(the oldest xact_start), end it, and start again.',
          { cause },
        );
      }
      await sleep(pauseMs);
    }
  }
}

/** The savepoint proves that the script left the transaction to us; else a kill could leave a part of it. */
async function applyOnce(client: Client, { name, script, checksum }: Migration, lockTimeoutMs: number): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${lockTimeoutMs}; savepoint script`);
  await client.query(script);
  await client.query('release savepoint script');
  await client.query(
    `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     values (gen_random_uuid(), $1, $2, now(), clock_timestamp(), 1)`,
    [checksum, name],
  );
  await client.query('commit');
}

function isAboutLocks(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === lockNotAvailable || error.code === deadlockDetected);
}
