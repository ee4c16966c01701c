/**
 * The service with the role scheduler in processes of its own, on a PostgreSQL of its own that waits for the disk and
 * keeps the time of each commit: an Operation's own time is that of its decision, and what counts is when it was there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { type MainProcess, startMain } from './main-process.ts';
import { seedSchedules } from './seed.ts';
import { adminKey, type Backend, redisDatabase, secretsKey } from './service.ts';

const shiftedClock = new URL('./shifted-clock.ts', import.meta.url).href;
const settings = { track_commit_timestamp: 'on', max_connections: '200', shared_buffers: '256MB' };

export interface OwnPostgres {
  readonly url: string;
  /** Ends it at once, without a word, and starts it again on the same port. */
  restart(): Promise<void>;
  /** To the server and all of its sessions. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'vworkspace-scheduler-'));
  await chmod(folder, 0o711);
  const start = (port?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings, port });
  let postgres = await start();
  return {
    url: postgres.url,
    async restart() {
      process.kill(postgres.pid, 'SIGQUIT');
      await postgres.stop();
      postgres = await start(postgres.port);
    },
    signal(signal) {
      for (const pid of [postgres.pid, ...childrenOf(postgres.pid)]) {
        try {
          process.kill(pid, signal);
        } catch {
          // A session that has ended meanwhile.
        }
      }
    },
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** By the kernel's account of it (Linux). */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((each) => {
      try {
        const fields = readFileSync(`/proc/${each}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        return Number(fields[1]) === pid;
      } catch {
        return false;
      }
    });
}

export interface Scheduler extends MainProcess {
  /** What its sessions are called in the database. */
  readonly name: string;
}

/** Resolves when it has started; its queue and its first tick come a moment later. */
export async function startScheduler(options: {
  readonly name: string;
  readonly databaseUrl: string;
  readonly backend: Backend;
  /** How far its clock is ahead. */
  readonly clockShiftMs?: number;
}): Promise<Scheduler> {
  const { name, backend, clockShiftMs } = options;
  const databaseUrl = new URL(options.databaseUrl);
  databaseUrl.searchParams.set('application_name', name);
  const scheduler = startMain({
    env: {
      DATABASE_URL: databaseUrl.href,
      REDIS_URL: backend === 'redis' ? redisDatabase() : undefined,
      ROLES: 'scheduler',
      ADMIN_API_KEY: adminKey,
      SECRETS_KEY: secretsKey,
      CLOCK_SHIFT_MS: String(clockShiftMs),
    },
    preload: clockShiftMs === undefined ? undefined : shiftedClock,
  });
  await scheduler.started();
  return { name, ...scheduler };
}

/** A slot for so many schedules each second, from two seconds ahead; returns the first. */
export async function seedSeconds(pool: Pool, seconds: number, perSecond: number): Promise<Date> {
  const { rows } = await pool.query(
    `select date_trunc('second', pg_catalog.clock_timestamp()) + interval '2 seconds' as start`,
  );
  const start: Date = rows[0].start;
  await seedSchedules(pool, {
    scheduleCount: seconds * perSecond,
    schedule: '0 0 1 1 *',
    nextFireAt: `'${start.toISOString()}'::timestamptz + (n - 1) / ${perSecond} * interval '1 second'`,
  });
  return start;
}

export interface Lag {
  readonly count: number;
  readonly earliestMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly latestMs: number;
}

/** From the slot to the commit of its Operation, of all slots from `since` on. */
export async function lagSince(pool: Pool, since: Date): Promise<Lag> {
  const { rows } = await pool.query(
    `select count(*)::int as count, min(ms) as "earliestMs", max(ms) as "latestMs",
            percentile_disc(0.5) within group (order by ms) as "p50Ms", percentile_disc(0.99) within group (order by ms) as "p99Ms"
     from (select round(extract(epoch from pg_xact_commit_timestamp(xmin) - scheduled_for) * 1000)::int as ms
           from operation where scheduled_for >= $1) lags`,
    [since],
  );
  return rows[0];
}
