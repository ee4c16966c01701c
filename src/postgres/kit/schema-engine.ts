/**
 * Prisma's schema engine, in WebAssembly, over our own connection: it applies migrations and keeps `_prisma_migrations`
 * as `prisma migrate deploy` would, without a binary to download.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Pool } from 'pg';

// The part of WebAssembly that is used: TypeScript declares it for browsers only.
declare const WebAssembly: {
  instantiate(source: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

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

/** An engine bound to this database. `datamodel` is only needed to compare. */
export async function schemaEngine(pool: Pool): Promise<SchemaEngine> {
  await load();
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
  return engine.SchemaEngine.new(
    { datamodels: undefined },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** The SQL that makes an empty database fit this Prisma schema. */
export async function sqlFromEmpty(pool: Pool, schema: string): Promise<string> {
  const bound = await schemaEngine(pool);
  const result = await bound.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return result.stdout ?? '';
}
