/**
 * The real PostgreSQL and the real Redis of a test run: on free ports, in temporary folders, gone at the end.
 * The tests' own temporary files lie there too, so that an interrupted test leaves nothing behind.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { makeDatabaseFolder } from './test-memory.ts';
import { findRedis, startRedis } from './test-redis.mjs';

/** Nothing of a test outlives the run, so nothing is waited for until it is on disk. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  shared_buffers: '256MB',
};

export async function startRealParts() {
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-test-'));
  const databases = makeDatabaseFolder();
  // Root's PostgreSQL runs as another account, which has to pass through here.
  for (const each of [folder, databases]) chmodSync(each, 0o711);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  chmodSync(temporary, 0o1777);
  const started = [];
  const stop = async () => {
    for (const part of started.reverse()) await part.stop();
    for (const each of [folder, databases]) {
      endPostgresIn(each);
      rmSync(each, { recursive: true, force: true, maxRetries: 10 });
    }
  };
  try {
    const program = findRedis();
    const postgres = await startEmbeddedPostgres({ folder: join(databases, 'postgres'), settings });
    started.push(postgres);
    const redis = program === undefined ? { url: process.env.REDIS_URL, stop() {} } : await startRedis(program, folder);
    started.push(redis);
    const env = { TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: redis.url, TMPDIR: temporary };
    if (program !== undefined) env.REDIS_SERVER_BIN = program;
    return { env, told: `ports ${postgres.port} and ${new URL(redis.url).port || 6379}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A PostgreSQL that a killed test had started lives in a session of its own: its pid file leads to it. */
function endPostgresIn(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name !== 'postmaster.pid') continue;
    const pid = Number.parseInt(readFileSync(join(entry.parentPath, entry.name), 'utf8'), 10);
    try {
      process.kill(pid, 'SIGQUIT');
    } catch {
      // It ended by itself.
    }
  }
}
