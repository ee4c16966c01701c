/** What the embedded PostgreSQL promises, on the real server. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { until } from '../../test/support/until.ts';
import { isAlive } from './owner.ts';
import { startEmbeddedPostgres } from './start.ts';

const settings = { fsync: 'off' };
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  await chmod(root, 0o711);
});

after(async () => {
  await rm(root, { recursive: true, force: true });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process that starts PostgreSQL on the folder, prints its pid, and stays until it is killed. */
async function spawnOwner(folder: string): Promise<{ owner: ChildProcess; pid: number; url: string }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./start.ts', import.meta.url).href)});
    const { pid, url } = await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)}, settings: { fsync: 'off' } });
    console.log(pid + ' ' + url);
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: owner.stdout })) {
    const [pid, url] = line.split(' ');
    return { owner, pid: Number(pid), url: url ?? '' };
  }
  throw new Error('the owner ended before its PostgreSQL ran');
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('a restart finds the data, the password and the port again', async () => {
  const folder = join(root, 'restart');
  const first = await startEmbeddedPostgres({ folder, settings });
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  await first.stop();
  assert.equal(isAlive(first.pid), false);

  const second = await startEmbeddedPostgres({ folder, settings });
  assert.deepEqual(await query(second.url, 'select answer from kept'), [{ answer: 42 }]);
  assert.equal(second.url, first.url);
  await second.stop();
});

test('the server speaks UTF-8 and UTC, is durable by default, and lets nobody in without the password', async () => {
  const server = await startEmbeddedPostgres({ folder: join(root, 'manners') });
  const shown = await query(
    server.url,
    `select name, setting from pg_settings
     where name in ('fsync', 'listen_addresses', 'server_encoding', 'TimeZone', 'unix_socket_directories') order by lower(name)`,
  );
  assert.deepEqual(shown, [
    { name: 'fsync', setting: 'on' },
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'server_encoding', setting: 'UTF8' },
    { name: 'TimeZone', setting: 'UTC' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  const withoutPassword = new URL(server.url);
  withoutPassword.password = 'guess';
  await assert.rejects(query(withoutPassword.href, 'select 1'), { code: '28P01' });
  await server.stop();
});

test('a service that was killed finds its PostgreSQL still running and takes it over', async () => {
  const folder = join(root, 'adopted');
  const { owner, pid, url } = await spawnOwner(folder);
  await query(url, 'create table kept as select 42 as answer');
  await kill(owner);
  assert.equal(isAlive(pid), true);

  const adopted = await startEmbeddedPostgres({ folder, settings });
  assert.equal(adopted.pid, pid);
  assert.deepEqual(await query(adopted.url, 'select answer from kept'), [{ answer: 42 }]);
  await adopted.stop();
  assert.equal(isAlive(pid), false);
});

test('a killed service and a killed PostgreSQL lose no committed row', async () => {
  const folder = join(root, 'both-killed');
  const { owner, pid, url } = await spawnOwner(folder);
  await query(url, 'create table kept as select 42 as answer');
  await kill(owner);
  process.kill(pid, 'SIGKILL');

  const again = await startEmbeddedPostgres({ folder, settings });
  assert.deepEqual(await query(again.url, 'select answer from kept'), [{ answer: 42 }]);
  await again.stop();
});

test('a pid file whose pid now belongs to another process is no obstacle', async () => {
  const folder = join(root, 'stale-pid');
  const first = await startEmbeddedPostgres({ folder, settings });
  const pidFile = await readFile(join(first.folder, 'postmaster.pid'), 'utf8');
  await first.stop();
  const stranger = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await writeFile(join(first.folder, 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)));

  const second = await startEmbeddedPostgres({ folder, settings });
  assert.notEqual(second.pid, stranger.pid);
  await second.stop();
  assert.equal(stranger.exitCode, null);
  await kill(stranger);
});

test('making the database is repeated when it was killed half-way', async () => {
  const folder = join(root, 'half-made');
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./start.ts', import.meta.url).href)});
    await startEmbeddedPostgres({ folder: ${JSON.stringify(folder)}, settings: { fsync: 'off' } });`;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
  const partial = async () => (await readdir(folder).catch(() => [])).find((name) => name.startsWith('data.partial-'));
  await until('the making to begin', 10, partial);
  await kill(owner);
  assert.equal((await readdir(folder)).includes('data'), false);

  const server = await startEmbeddedPostgres({ folder, settings });
  assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
  assert.equal(await partial(), undefined);
  await server.stop();
});

test('a second service on the same folder is refused, and the first keeps its database', async () => {
  const folder = join(root, 'owned');
  const { owner, pid, url } = await spawnOwner(folder);
  await assert.rejects(startEmbeddedPostgres({ folder, settings }), {
    message: new RegExp(`in use: process ${owner.pid} uses it`),
  });
  assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }]);
  await kill(owner);

  const [won, lost] = await Promise.allSettled([
    startEmbeddedPostgres({ folder, settings }),
    startEmbeddedPostgres({ folder, settings }),
  ]).then((outcomes) => outcomes.sort((a, b) => a.status.localeCompare(b.status)));
  assert.equal(won?.status, 'fulfilled');
  assert.equal(lost?.status, 'rejected');
  if (won?.status === 'fulfilled') {
    assert.equal(won.value.pid, pid);
    await won.value.stop();
  }
});

test('data without its password, and data of another version, are refused with a reason', async () => {
  const folder = join(root, 'refused');
  const first = await startEmbeddedPostgres({ folder, settings });
  await first.stop();
  const version = join(first.folder, 'PG_VERSION');
  await writeFile(version, '17\n');
  await assert.rejects(startEmbeddedPostgres({ folder }), /was written by PostgreSQL 17/);
  await writeFile(version, '18\n');
  await rm(join(folder, 'access.json'));
  await assert.rejects(startEmbeddedPostgres({ folder }), /password of the embedded PostgreSQL is lost/);
});

test('a port that somebody else has is given up, unless it was asked for by number', async () => {
  const folder = join(root, 'port');
  const first = await startEmbeddedPostgres({ folder, settings });
  await first.stop();
  const other = await startEmbeddedPostgres({ folder: join(root, 'port-taker'), port: first.port, settings });
  await assert.rejects(startEmbeddedPostgres({ folder, port: first.port, settings }), /is taken/);
  const second = await startEmbeddedPostgres({ folder, settings });
  assert.notEqual(second.port, first.port);
  await Promise.all([other.stop(), second.stop()]);
});

test('a folder that cannot be made is named in the error', async () => {
  const file = join(root, 'file');
  await writeFile(file, '');
  await assert.rejects(startEmbeddedPostgres({ folder: join(file, 'x') }), /x/);
});
