/**
 * A real, private database for each test file: a clone of a template that was migrated once. The template is keyed by
 * the migrations' content, so that changed migrations never meet an old template; making it is guarded by an advisory
 * lock, since test files start at the same time.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrate, migrationsFolder } from '../../src/postgres/migrations/migrate.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const lockKey = 7_305_511_202;

/** On the server of TEST_DATABASE_URL or another, whose user must be allowed to create databases. */
export async function freshDatabase(server = testServer()): Promise<TestDatabase> {
  return databaseLike(await readyTemplate(server), server);
}

/** Not migrated. */
export function emptyDatabase(): Promise<TestDatabase> {
  return databaseLike('template1', testServer());
}

function testServer(): string {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) throw new Error('TEST_DATABASE_URL names no PostgreSQL; "npm test" starts one.');
  return server;
}

async function databaseLike(template: string, server: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, (client) => client.query(`create database ${name} template ${template}`));
  return {
    url: databaseUrl(server, name),
    drop: () => onServer(server, (client) => client.query(`drop database if exists ${name} with (force)`)),
  };
}

async function readyTemplate(server: string): Promise<string> {
  const name = `test_template_${await migrationsHash()}`;
  await onServer(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 1) return;
    // Renamed when it is done: a template of that name is always complete.
    await client.query(`drop database if exists ${name}_making with (force)`);
    await client.query(`create database ${name}_making`);
    await migrate(databaseUrl(server, `${name}_making`));
    await client.query(`alter database ${name}_making rename to ${name}`);
  });
  return name;
}

async function migrationsHash(): Promise<string> {
  const files = (await readdir(migrationsFolder, { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(path.join(migrationsFolder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** One connection, closed at the end; that also gives its advisory locks back. */
async function onServer(server: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
