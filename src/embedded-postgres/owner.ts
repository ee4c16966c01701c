/**
 * One service per folder.
 *
 * Promises that of all live processes at most one holds a folder, and that a process which died without letting go
 * (kill -9, a power cut) is no obstacle to the next. The lock is a file with the holder's pid and the time that this
 * process started: a pid alone comes back after a reboot, or as pid 1 of every container.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const Owner = z.object({ pid: z.number().int(), startedAt: z.string().nullable() });
type Owner = z.infer<typeof Owner>;

const guardStaleMilliseconds = 10_000;

/** Takes the folder for this process. Throws if a live process holds it; that may be this one. */
export async function takeOwnership(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner.lock');
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner);
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    while (!(await linked(draft, path))) {
      const free = await underGuard(`${path}.takeover`, async () => {
        const owner = await readOwner(path);
        if (owner !== undefined && isLive(owner)) throw inUse(folder, owner);
        await rename(draft, path);
      });
      if (free) break;
    }
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
  };
}

function inUse(folder: string, owner: Owner): Error {
  const who = owner.pid === process.pid ? 'this process already uses it' : `process ${owner.pid} uses it`;
  return new Error(
    `The folder of the embedded PostgreSQL is in use: ${who} (${folder}).\n` +
      'Stop that service first, or give this one another DATA_FOLDER. ' +
      'Several services share one database by DATABASE_URL, not by a folder.',
  );
}

/** A lock appears whole or not at all: link(2) neither overwrites nor shows a half-written file. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Runs the step alone. Without it two processes that both saw a stale lock could each replace it, the second one the
 * first one's fresh lock. False: somebody else is at it, look again.
 */
async function underGuard(guard: string, step: () => Promise<void>): Promise<boolean> {
  try {
    await mkdir(guard);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const age = Date.now() - (await stat(guard).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > guardStaleMilliseconds) await rmdir(guard).catch(() => {});
    await sleep(20);
    return false;
  }
  try {
    await step();
    return true;
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text === '') return undefined;
  return Owner.safeParse(JSON.parse(text)).data;
}

function isLive(owner: Owner): boolean {
  if (!isAlive(owner.pid)) return false;
  const startedAt = startOf(owner.pid);
  return owner.startedAt === null || startedAt === null || owner.startedAt === startedAt;
}

/** True for a process that runs, whoever it belongs to; false for one that ended and was not yet reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return statusOf(pid)[0] !== 'Z';
}

/** When the process started, in clock ticks since boot; null where /proc does not tell. */
function startOf(pid: number): string | null {
  return statusOf(pid)[19] ?? null;
}

/** The fields of /proc/pid/stat from the third on: the name before them may hold blanks. Empty without /proc. */
function statusOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** The code of a system error, such as ENOENT; the empty string for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
