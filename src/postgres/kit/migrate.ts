/**
 * Brings a database to the schema that this version needs. Every process does it at its start, one after another
 * (advisory lock); what is applied already is left alone. A failed migration stops the start, loudly.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Pool } from 'pg';
import { schemaEngine } from './schema-engine.ts';

export const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
const lockKey = 4_207_100_191;

/** Applies what is missing, in order; returns the names of what it applied. */
export async function migrate(url: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    return (await missing(client)) ? await applyAll(url) : [];
  } finally {
    await client.end();
  }
}

async function missing(client: Client): Promise<boolean> {
  const names = await migrationNames();
  const { rows: tables } = await client.query(`select to_regclass('_prisma_migrations') is not null as found`);
  if (tables[0]?.found !== true) return true;
  const { rows } = await client.query(
    'select migration_name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  const applied = new Set(rows.map((row) => row.migration_name));
  return names.some((name) => !applied.has(name));
}

/** On a pool of its own: the engine leaves a lock of its session behind, which ends with the connection. */
async function applyAll(url: string): Promise<readonly string[]> {
  const pool = new Pool({ connectionString: url, max: 1 });
  try {
    const engine = await schemaEngine(pool);
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrationsList(),
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } finally {
    await pool.end();
  }
}

async function migrationNames(): Promise<readonly string[]> {
  const entries = await readdir(migrationsFolder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function migrationsList() {
  const names = await migrationNames();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: {
          tag: 'ok' as const,
          value: await readFile(path.join(migrationsFolder, name, 'migration.sql'), 'utf8'),
        },
      },
    })),
  );
  const lockfile = {
    path: './migration_lock.toml',
    content: await readFile(path.join(migrationsFolder, 'migration_lock.toml'), 'utf8'),
  };
  return { baseDir: migrationsFolder, lockfile, shadowDbInitScript: '', migrationDirectories };
}
