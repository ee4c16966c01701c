/**
 * How long after its slot an Operation is committed, driven by real ticks: the service itself with the role scheduler, in
 * a process of its own, on either queue. A thousand schedules share each slot.
 *
 * `created_at` is when it was decided, so it is not used. The commit's time is PostgreSQL's own, kept for the transaction
 * that wrote the row; it is taken just before the commit is flushed to disk, so another connection also looks, every few
 * milliseconds, when all rows of the slot are there to be seen.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { farRecurrences, seedSchedules } from '../test/support/seed.ts';
import { secretsKey } from '../test/support/service.ts';
import { until } from '../test/support/until.ts';
import { progress, quantile } from './repeat.ts';
import { ended } from './servers.ts';

export interface Lag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all slots, the longest until the last Operation could be seen by another connection. */
  readonly lastSeenMs: number;
  readonly fireCount: number;
}

const perSlot = 1000;
const slots = 10;
const apartSeconds = 2;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export async function lag(what: string, databaseUrl: string, redisUrl: string | undefined): Promise<Lag> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => {});
  await seedSchedules(pool, {
    scheduleCount: perSlot * (slots + 1),
    recurrences: farRecurrences(12),
    nextFireAt: `now() + interval '1 day'`,
  });
  await pool.query('vacuum (analyze) schedule');
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-lag-'));
  const service = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      ROLES: 'scheduler',
      PORT: '0',
      DATA_FOLDER: folder,
      LOG_LEVEL: 'warn',
      ADMIN_API_KEY: 'bench-admin-key-that-opens-nothing-else-0123',
      SECRETS_KEY: secretsKey,
    },
  });
  try {
    // The first thousand shows that it ticks, and warms it up.
    await makeDue(pool, 0, `date_trunc('second', now())`);
    await until('the service fires', 30, async () => (await firedCount(pool)) === perSlot);
    await sleep(2_000);
    const seen: number[] = [];
    const start = Math.ceil(Date.now() / 1000) * 1000 + 2_000;
    for (let i = 1; i <= slots; i += 1)
      await makeDue(pool, i, `to_timestamp(${start / 1000 + i * apartSeconds}::float8)`);
    for (let i = 1; i <= slots; i += 1) {
      await sleep(Math.max(start + i * apartSeconds * 1000 - Date.now(), 0));
      seen.push(await untilSeen(pool, perSlot * (i + 1), start + i * apartSeconds * 1000));
      progress(`${what}: slot ${i} of ${slots}, all seen after ${seen.at(-1)?.toFixed(0)} ms`);
    }
    const { rows } = await pool.query(
      `select extract(epoch from pg_xact_commit_timestamp(xmin) - scheduled_for)::float8 * 1000 as ms from operation
       where scheduled_for > to_timestamp($1::float8) order by ms`,
      [start / 1000],
    );
    const lags = z
      .array(z.object({ ms: z.number() }))
      .parse(rows)
      .map(({ ms }) => ms);
    return {
      p50Ms: quantile(lags, 0.5),
      p99Ms: quantile(lags, 0.99),
      lastSeenMs: Math.max(...seen),
      fireCount: lags.length,
    };
  } finally {
    await ended(service, 'SIGTERM');
    await pool.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The thousand of this number. */
async function makeDue(pool: pg.Pool, thousand: number, at: string): Promise<void> {
  await pool.query(
    `update schedule set next_slot_at = ${at}, next_fire_at = ${at}
     where id in (select id from schedule order by id limit $1 offset $2)`,
    [perSlot, thousand * perSlot],
  );
}

async function firedCount(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query('select count(*)::int as n from operation');
  return rows[0].n;
}

/** Looks until so many are there, and says how long after `slot` that was, by the server's clock. */
async function untilSeen(pool: pg.Pool, count: number, slot: number): Promise<number> {
  for (const giveUp = performance.now() + 15_000; performance.now() < giveUp; await sleep(5)) {
    const { rows } = await pool.query(
      'select count(*)::int as n, extract(epoch from clock_timestamp())::float8 * 1000 as at from operation',
    );
    if (rows[0].n === count) return rows[0].at - slot;
  }
  throw new Error('a slot was not fired within fifteen seconds');
}
