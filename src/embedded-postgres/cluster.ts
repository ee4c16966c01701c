/**
 * The database folder and the server on it: made once, found running, or started.
 *
 * A folder is made beside its place and renamed into it, so `data` is whole or absent, whenever we are killed.
 * A server that outlived its service (kill -9) is recognised by what it says over a connection, not by its pid alone.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import type { Home } from './account.ts';
import { run, said } from './command.ts';
import { codeOf, isAlive } from './owner.ts';

/** How to reach the server; kept in a file that only its owner reads. */
export const Access = z.object({ password: z.string(), port: z.number().int().nullable() });
export type Access = z.infer<typeof Access>;

const majorVersion = '18';

export async function readAccess(folder: string): Promise<Access | undefined> {
  const text = await readFile(join(folder, 'access.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Access.parse(JSON.parse(text));
}

export async function writeAccess(folder: string, access: Access): Promise<void> {
  const draft = join(folder, `access.json.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(access), { mode: 0o600, flush: true });
  await rename(draft, join(folder, 'access.json'));
}

export function urlOf(access: Access, port: number): string {
  return `postgresql://postgres:${access.password}@127.0.0.1:${port}/postgres`;
}

/** Makes the database folder if there is none. Time is UTC, text UTF-8, order the same on every machine. */
export async function initialise(folder: string, home: Home, durable: boolean): Promise<Access> {
  const data = join(home.place, 'data');
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  });
  const known = await readAccess(folder);
  if (version !== undefined) {
    if (version.trim() !== majorVersion) {
      throw new Error(
        `The folder ${data} was written by PostgreSQL ${version.trim()}, and this is PostgreSQL ${majorVersion}.\n` +
          'Carry the data over with the older version and pg_dump, or choose another DATA_FOLDER.',
      );
    }
    if (known !== undefined) return known;
    throw new Error(
      `The password of the embedded PostgreSQL is lost: ${join(folder, 'access.json')} is missing.\n` +
        'Bring that file back, or remove the whole folder to start with an empty database.',
    );
  }

  // An initdb that outlived its service may still be writing to what is removed here.
  for (const name of (await readdir(home.place)).filter((name) => name.startsWith('data.partial-'))) {
    await rm(join(home.place, name), { recursive: true, force: true, maxRetries: 10 }).catch(() => {});
  }
  const access = { password: randomBytes(24).toString('base64url'), port: null };
  const draft = join(home.place, `data.partial-${randomUUID()}`);
  const cluster = join(draft, 'data');
  const passwordFile = join(draft, 'password');
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, access.password, { mode: 0o600 });
  const { account } = home;
  if (account !== undefined) {
    await chmod(draft, 0o711);
    await Promise.all([cluster, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  }
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const answer = await run(
    join(home.bin, 'initdb'),
    [
      `--pgdata=${cluster}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      ...locale,
    ].concat(durable ? [] : ['--no-sync']),
    account,
  );
  if (answer.code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`The embedded PostgreSQL could not make its database in ${home.place}: ${said(answer)}`);
  }
  await writeAccess(folder, access);
  await rename(cluster, data);
  await rm(draft, { recursive: true, force: true });
  return access;
}

/** What the server's own pid file says. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port, ready: lines[7]?.trim() === 'ready' };
}

/**
 * The server that already runs on this folder, if there is one. Waits while it starts, recovers or shuts down.
 * A pid file that a dead server left, even one whose pid now belongs to something else, is cleared away.
 */
export async function findRunning(data: string, access: Access, limitSeconds = 60): Promise<PidFile | undefined> {
  const until = Date.now() + limitSeconds * 1000;
  while (true) {
    const file = await readPidFile(data);
    if (file === undefined) return undefined;
    if (!isAlive(file.pid) || (await worksOn(file.pid, data)) === false) {
      await rm(join(data, 'postmaster.pid'), { force: true });
      return undefined;
    }
    if (file.ready && (await answers(urlOf(access, file.port), data))) return file;
    if (Date.now() > until) {
      throw new Error(
        `Process ${file.pid} is named in ${join(data, 'postmaster.pid')} and lives, but is no PostgreSQL that answers.\n` +
          'End it if it is PostgreSQL; if it is something else, remove that file.',
      );
    }
    await sleep(100);
  }
}

/** Whether the process has the folder as its own; undefined where the system does not tell. */
async function worksOn(pid: number, data: string): Promise<boolean | undefined> {
  if (platform() !== 'linux') return undefined;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return undefined;
  }
}

/** True if the server takes our password and is the one of this folder; false while it starts or stops. */
export async function answers(url: string, data: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('show data_directory');
    const shown = z.array(z.object({ data_directory: z.string() })).parse(rows)[0];
    return shown !== undefined && (await realpath(shown.data_directory)) === (await realpath(data));
  } catch (error) {
    if (codeOf(error) !== '28P01') return false;
    throw new Error(
      'The embedded PostgreSQL does not take the password in access.json beside its data.\n' +
        'Bring back the access.json that belongs to it, or remove the whole folder to start with an empty database.',
      { cause: error },
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** The port if it is free; without one, any that is. */
export async function freePort(wanted: number | null): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port: wanted ?? 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
