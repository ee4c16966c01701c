/**
 * The server that already runs on a database folder.
 *
 * A server that outlived its service (kill -9) is recognised by what it says over a connection, not by its pid alone.
 */
import { readlink, realpath, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { z } from 'zod';
import { type Access, urlOf } from './access-file.ts';
import { codeOf, isAlive } from './owner.ts';
import { type PidFile, readPidFile } from './pid-file.ts';

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
