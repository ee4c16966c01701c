/**
 * Prisma's schema engine, in WebAssembly, over our own connection: what `prisma migrate` would do and say, without its
 * binary, which is downloaded and so is not on every machine. The service does without it.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import { Pool } from 'pg';

// The part of WebAssembly that is used: TypeScript declares it for browsers only.
declare const WebAssembly: {
  instantiate(source: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

const filters = { externalTables: [], externalEnums: [] };
let loaded: Promise<void> | undefined;

function load(): Promise<void> {
  loaded ??= instantiate();
  return loaded;
}

async function instantiate(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg')).replace(
    /\.js$/,
    '.wasm',
  );
  const imports = { './schema_engine_bg.js': { ...engine } };
  const { instance } = await WebAssembly.instantiate(await readFile(file), imports);
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** Applies what is missing, as `prisma migrate deploy` does; returns the names of what it applied. */
export function deployWithPrisma(url: string, folder: string): Promise<readonly string[]> {
  return withEngine(url, async (prisma) => {
    const answer = await prisma.applyMigrations({ migrationsList: await migrationsList(folder), filters });
    return answer.appliedMigrationNames;
  });
}

/** What `prisma migrate status` finds; it does not look at the tables themselves. */
export function statusOfPrisma(url: string, folder: string) {
  return withEngine(url, async (prisma) => {
    const list = await migrationsList(folder);
    return prisma.diagnoseMigrationHistory({ migrationsList: list, optInToShadowDatabase: false, filters });
  });
}

/** The SQL that makes an empty database fit this Prisma schema. */
export function sqlFromEmpty(url: string, schema: string): Promise<string> {
  return withEngine(url, async (prisma) => {
    const result = await prisma.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
      script: true,
      exitCode: null,
      filters,
    });
    return result.stdout ?? '';
  });
}

/** On a pool of its own: the engine leaves a lock of its session behind, which ends with the connection. */
async function withEngine<T>(url: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  await load();
  const pool = new Pool({ connectionString: url, max: 1 });
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    // The adapter splits scripts at every ";", which breaks functions in $$: send the whole script as one simple query.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  const bound = bindMigrationAwareSqlAdapterFactory(factory);
  try {
    return await work(await engine.SchemaEngine.new({ datamodels: undefined }, () => undefined, bound));
  } finally {
    await pool.end();
  }
}

async function migrationsList(folder: string): Promise<MigrationList> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => {
      const value = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
    }),
  );
  const content = await readFile(path.join(folder, 'migration_lock.toml'), 'utf8');
  const lockfile = { path: './migration_lock.toml', content };
  return { baseDir: folder, lockfile, shadowDbInitScript: '', migrationDirectories };
}
