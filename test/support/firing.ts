/** The rows that firing must leave behind, counted in SQL, and schedulers that are killed again and again while they make them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { seedSchedules } from './seed.ts';
import { until } from './until.ts';

const script = fileURLToPath(new URL('./firing-process.ts', import.meta.url));

export interface FiringCounts {
  readonly operations: number;
  readonly slots: number;
  readonly fired: number;
  readonly withoutEvent: number;
  readonly orphans: number;
  readonly due: number;
}

export async function firingCounts(pool: Pool): Promise<FiringCounts> {
  const { rows } = await pool.query(`
    select (select count(*)::int from operation) as operations,
           (select count(distinct (schedule_id, scheduled_for))::int from operation) as slots,
           (select count(*)::int from fire where operation_id is not null) as fired,
           (select count(*)::int from operation o where not exists (select from event e where e.operation_id = o.id)) as "withoutEvent",
           (select count(*)::int from fire f where operation_id is not null and not exists (select from operation o where o.id = f.operation_id)) as orphans,
           (select count(*)::int from schedule where next_fire_at <= now()) as due`);
  return rows[0];
}

/** Of so many slots, each has its Operation, its row in the ledger and its event, and none is due any more. */
export async function assertFiredOnce(pool: Pool, count: number): Promise<void> {
  assert.deepEqual(await firingCounts(pool), {
    operations: count,
    slots: count,
    fired: count,
    withoutEvent: 0,
    orphans: 0,
    due: 0,
  });
}

export async function startFiringProcess(databaseUrl: string, mode: 'once' | 'loop'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, databaseUrl, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('a firing process ended before it was ready')));
  });
  return child;
}

export const ended = (child: ChildProcess) =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(undefined),
  );

/**
 * So many slots come due one after the other, two milliseconds apart, while four schedulers race for them and are killed
 * within so many milliseconds each, later where a slow machine gets nowhere, until all have been fired. Returns how
 * many were killed.
 */
export async function fireUnderKills(
  databaseUrl: string,
  pool: Pool,
  count: number,
  seconds: number,
  withinMs = 150,
): Promise<number> {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, {
    scheduleCount: count,
    schedule: '0 0 1 1 *',
    nextFireAt: `now() + n * interval '2 milliseconds'`,
  });
  let kills = 0;
  let spanMs = withinMs;
  let left = Number.POSITIVE_INFINITY;
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { due, operations } = await firingCounts(pool);
    if (due === 0 && operations >= count) return kills;
    assert.ok(Date.now() < deadline, 'the fires did not end');
    // A machine that is too busy for one fire between two kills gets more time for the next.
    if (count - operations >= left) spanMs *= 1.5;
    left = count - operations;
    const children = await Promise.all(Array.from({ length: 4 }, () => startFiringProcess(databaseUrl, 'loop')));
    for (const child of children) child.stdin?.write('go\n');
    for (const child of children) {
      await sleep(Math.random() * spanMs);
      child.kill('SIGKILL');
      kills += 1;
    }
    await Promise.all(children.map(ended));
    // The statements of a killed process end in the server a moment later.
    await until('killed sessions to end', 10, async () => {
      const { rows } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and application_name like 'vworkspace-backups%'`,
      );
      return rows.length === 0;
    });
  }
}
