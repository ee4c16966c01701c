/**
 * The database of another version of the service, with a little of everything in it, made by that version itself.
 *
 *   node scripts/run.mjs database-of <commit> <name>
 *
 * writes test/support/databases/<name>.sql and, beside it, <name>.jsonl with what its API answers. Takes two minutes.
 */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import type { SimulatedCluster } from '../simulator/index.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { recordAnswers } from '../test/support/api-answers.ts';
import { clientOf } from '../test/support/client.ts';
import { clockOf } from '../test/support/database-clock.ts';
import { type About, databasesFolder } from '../test/support/old-database.ts';
import { freePort } from '../test/support/port.ts';
import { adminKey } from '../test/support/service.ts';
import { type Checkout, checkOut } from './database-of/checkout.ts';
import { dump } from './database-of/dump.ts';
import { pathsOf } from './database-of/paths.ts';
import type { Stage } from './database-of/stage.ts';
import { answeredAt, story } from './database-of/story.ts';
import { versionAt } from './database-of/version.ts';

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
    say(`The files of ${commit} …`);
    const checkout = await checkOut(root, commit);
    ends.push(checkout.remove);
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings: { fsync: 'off' } });
    ends.push(postgres.stop);
    const databaseUrl = await newDatabase(postgres.url);
    const clusters = await startClusters(checkout);
    ends.push(() => Promise.all(Object.values(clusters).map((cluster) => cluster.close())));
    const { sql, lines } = await live(checkout, databaseUrl, clusters, join(folder, 'service.log'));
    await writeFile(new URL(`${name}.sql`, databasesFolder), sql);
    await writeFile(new URL(`${name}.jsonl`, databasesFolder), lines);
    say(`Written: test/support/databases/${name}.sql, ${sql.length} characters, and .jsonl, ${lines.length}.`);
  } catch (error) {
    const log = await readFile(join(folder, 'service.log'), 'utf8').catch(() => '');
    const lines = log.split('\n').filter((line) => !line.includes('"msg":"answered"'));
    console.error(lines.slice(-20).join('\n'));
    throw error;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function live(
  checkout: Checkout,
  databaseUrl: string,
  clusters: Stage['clusters'],
  logFile: string,
): Promise<{ readonly sql: string; readonly lines: string }> {
  const { readables, posts } = await pathsOf(checkout.folder);
  const clock = await clockOf(databaseUrl);
  const version = versionAt({ checkout, databaseUrl, clock, port: await freePort(), logFile });
  const { url } = version;
  const stage: Stage = {
    ...{ url, clusters, posts, access: {}, repeatable: [], ids: new Map(), tokens: new Map() },
    keys: new Map([['admin', adminKey]]),
    admin: clientOf(url, adminKey),
    acme: () => clientOf(url, stage.keys.get('acme') ?? ''),
  };
  for (const { at, play } of story) {
    say(`${at} …`);
    const skews = Object.values(clusters).map((cluster) =>
      cluster.inject({ kind: 'clockSkew', seconds: Math.round((Date.parse(at) - Date.now()) / 1000) }),
    );
    await version.run(at, () => play(stage));
    for (const skew of skews) skew.clear();
  }
  const answers: unknown[] = [];
  await version.run(
    answeredAt,
    async () => {
      answers.push(...(await recordAnswers(readables, 'admin', stage.admin)));
      answers.push(...(await recordAnswers(readables, 'acme', stage.acme())));
    },
    { stopped: true, roles: 'api' },
  );
  const key = (of: Parameters<typeof stage.keys.get>[0]) => stage.keys.get(of) ?? '';
  const about: About = {
    agentToken: stage.tokens.get('cluster-prod-2') ?? '',
    ...{ commit: checkout.commit, answeredAt, access: stage.access, repeatable: stage.repeatable },
    keys: { admin: adminKey, acme: key('acme'), revoked: key('revoked'), expired: key('expired') },
  };
  const head = [
    `The database of ${checkout.commit}, made by that version with scripts/database-of.`,
    `Secrets are sealed and keys are made for tests alone.`,
  ];
  return {
    sql: await dump(databaseUrl, checkout.folder, head),
    lines: [about, ...answers].map((line) => `${JSON.stringify(line)}\n`).join(''),
  };
}

async function startClusters({ folder }: Checkout): Promise<Stage['clusters']> {
  // The simulator of the version itself, which has today's shape as far as the story uses it.
  const file = pathToFileURL(join(folder, 'simulator', 'index.ts')).href;
  const { startCluster }: typeof import('../simulator/index.ts') = await import(file);
  const start = (of: string): Promise<SimulatedCluster> => startCluster({ name: of, speed: 200, discovery: true });
  return {
    'cluster-prod-1': await start('cluster-prod-1'),
    'cluster-prod-2': await start('cluster-prod-2'),
    'cluster-acme': await start('cluster-acme'),
  };
}

async function newDatabase(server: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query('create database before');
  await client.end();
  return new URL('/before', server).href;
}

function say(line: string): void {
  console.log(line);
}
