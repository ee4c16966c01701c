/**
 * The servers of one run, in a temporary folder that is gone at the end: one PostgreSQL for everything that is measured,
 * durable as in production, and a Redis where the machine has the program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { freePort } from '../test/support/port.ts';
import { until } from '../test/support/until.ts';

export interface Servers {
  readonly databaseUrl: string;
  /** Absent where there is no redis-server. */
  readonly redisUrl: string | undefined;
  stop(): Promise<void>;
}

/** A commit waits for the disk. The commit's time is kept, because a row's own time is that of its decision. */
export const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  track_commit_timestamp: 'on',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
};

export async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-bench-'));
  chmodSync(folder, 0o711);
  const stops = [() => Promise.resolve(rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  try {
    const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings });
    stops.push(() => postgres.stop());
    const program = findRedis();
    const redis = program === undefined ? undefined : await startRedis(program, folder);
    if (redis !== undefined) stops.push(redis.stop);
    return { databaseUrl: postgres.url, redisUrl: redis?.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function findRedis(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  return folders
    .map((folder) => join(folder, 'redis-server'))
    .find((program) => {
      try {
        accessSync(program, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** It writes nothing to disk: as fast as a Redis can be. */
async function startRedis(program: string, folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  const url = `redis://127.0.0.1:${port}`;
  await until('Redis answers', 15, () => answers(url));
  return { url, stop: () => ended(child, 'SIGKILL') };
}

async function answers(url: string): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** Signals a child and waits for its end. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}
