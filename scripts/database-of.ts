/**
 * The database of another version of the service, with a little of everything in it, made by that version itself.
 *
 *   node scripts/run.mjs database-of <commit> <name>
 *
 * writes test/support/databases/<name>.sql and, beside it, <name>.jsonl with what its API answers. Takes three minutes.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { databasesFolder } from '../test/support/old-database.ts';
import { checkOut } from './database-of/checkout.ts';
import { dump } from './database-of/dump.ts';
import { live } from './database-of/live.ts';

const help = `node scripts/run.mjs database-of <commit> <name>

Checks the commit out into a temporary folder, starts its service on a PostgreSQL of its own and its simulator, and lets
them live through scripts/database-of/story.ts. Then writes into test/support/databases:

  <name>.sql     the database: that version's migrations, and all rows
  <name>.jsonl   what has to be known of it (keys, requests to repeat), and what its API answers to every GET

test/failure/upgrade.test.ts restores it and starts today's service on it. Name it for what comes after the commit, such
as before-floors, and add the name to that test.

This proves that a database is taken over. It does not prove that both versions can run on it at once, as they do during
a roll-out. For that, one would restore the database, migrate it with today's migrations, start the service of the commit
on it beside today's, and let both fire, deliver and answer: checkout.ts and version.ts start it, and the story can be
played to it.
`;

const root = fileURLToPath(new URL('../', import.meta.url));
const [commit, name] = process.argv.slice(2);

if (commit === undefined || name === undefined || commit.startsWith('-') || !/^[a-z0-9-]+$/.test(name)) {
  console.error(help);
  process.exitCode = commit === '--help' ? 0 : 2;
} else {
  await writeDatabaseOf(commit, name);
}

async function writeDatabaseOf(commit: string, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vworkspace-database-of-'));
  // Root's PostgreSQL runs as another account, which has to pass through here.
  await chmod(folder, 0o711);
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 10 })];
  try {
    console.log(`The files of ${commit} …`);
    const checkout = await checkOut(root, commit);
    ends.push(checkout.remove);
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings: { fsync: 'off' } });
    ends.push(postgres.stop);
    const databaseUrl = await newDatabase(postgres.url);
    const lines = (await live(checkout, databaseUrl, join(folder, 'service.log'))).map((line) => JSON.stringify(line));
    const sql = await dump(databaseUrl, checkout.folder, [
      `The database of ${checkout.commit}, made by that version with scripts/database-of.`,
      'Credentials in it are sealed with the key of test/support/service.ts, and all keys are of tests alone.',
    ]);
    await writeFile(new URL(`${name}.sql`, databasesFolder), sql);
    await writeFile(new URL(`${name}.jsonl`, databasesFolder), `${lines.join('\n')}\n`);
    console.log(`Written: test/support/databases/${name}.sql and .jsonl, ${lines.length} lines.`);
  } catch (error) {
    const log = await readFile(join(folder, 'service.log'), 'utf8').catch(() => '');
    const lines = log.split('\n').filter((line) => !line.includes('"msg":"answered"'));
    console.error(lines.slice(-20).join('\n'));
    throw error;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function newDatabase(server: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query('create database before');
  await client.end();
  return new URL('/before', server).href;
}
