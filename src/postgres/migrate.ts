/**
 * Brings a database to the schema that this version needs. Every process does it at its start, one after another
 * (advisory lock); what is applied already is left alone. A failed migration stops the start, loudly.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { schemaEngine } from './schema-engine.ts';

export const migrationsFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));
const lockKey = 4_207_100_191;

/** Applies what is missing, in order; returns the names of what it applied. */
export async function migrate(pool: Pool): Promise<readonly string[]> {
  const holder = await pool.connect();
  try {
    await holder.query('select pg_advisory_lock($1)', [lockKey]);
    const engine = await schemaEngine(pool);
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrationsList(),
      filters: { externalTables: [], externalEnums: [] },
    });
    return appliedMigrationNames;
  } finally {
    await holder.query('select pg_advisory_unlock($1)', [lockKey]).catch(() => undefined);
    holder.release();
  }
}

async function migrationsList() {
  const names = (await readdir(migrationsFolder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(path.join(migrationsFolder, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  const lockfile = { path: './migration_lock.toml', content: await readFile(path.join(migrationsFolder, 'migration_lock.toml'), 'utf8') };
  return { baseDir: migrationsFolder, lockfile, shadowDbInitScript: '', migrationDirectories };
}
