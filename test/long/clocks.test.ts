/**
 * Rules go by the database's clock. A machine whose own clock is wrong fires nothing early and nothing twice, and is told
 * of; and when the database's clock is set back, what has been fired is not fired again.
 */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce, firingCounts } from '../support/firing.ts';
import { lagSince, type OwnPostgres, seedSeconds, startOwnPostgres, startScheduler } from '../support/scheduler.ts';
import { seedSchedules } from '../support/seed.ts';
import { type Backend, backends } from '../support/service.ts';
import { until } from '../support/until.ts';

const hourMs = 3_600_000;
const perSecond = 20;
let postgres: OwnPostgres;

before(async () => {
  postgres = await startOwnPostgres();
});
after(() => postgres.stop());

async function openDatabase(t: TestContext): Promise<{ url: string; pool: Pool }> {
  const database = await freshDatabase(postgres.url);
  const pool = new Pool({ connectionString: database.url, max: 2 });
  t.after(async () => {
    await pool.end();
    await database.drop();
  });
  return { url: database.url, pool };
}

async function replica(t: TestContext, name: string, databaseUrl: string, backend: Backend, clockShiftMs?: number) {
  const shift = clockShiftMs === undefined ? {} : { clockShiftMs };
  const scheduler = await startScheduler({ name, databaseUrl, backend, ...shift });
  t.after(() => scheduler.kill());
  return scheduler;
}

/** Whether the log says that this machine is so far ahead of the database, and nothing when it is not. */
function tells(log: string, aheadMs: number): boolean {
  const told = /"skewMs":(-?\d+)/.exec(log)?.[1];
  return aheadMs === 0 ? told === undefined : Math.abs(Number(told) - aheadMs) < 2_000;
}

async function operationCount(pool: Pool): Promise<number> {
  return (await firingCounts(pool)).operations;
}

for (const backend of backends) {
  for (const [what, shifts] of [
    ['one replica an hour ahead', [hourMs]],
    ['one replica an hour behind', [-hourMs]],
    ['one replica an hour ahead, one an hour behind and one right', [hourMs, -hourMs, 0]],
  ] as const) {
    test(`with the clock of ${what} nothing fires early, late or twice, and it is told, with the queue on ${backend}`, async (t) => {
      const { url, pool } = await openDatabase(t);
      const replicas = [];
      for (const shiftMs of shifts)
        replicas.push({ shiftMs, ...(await replica(t, `ahead ${shiftMs}`, url, backend, shiftMs)) });
      const start = await seedSeconds(pool, 5, perSecond);
      await until('every slot to be fired', 60, async () => (await operationCount(pool)) === 5 * perSecond);
      await assertFiredOnce(pool, 5 * perSecond);
      const lag = await lagSince(pool, start);
      t.diagnostic(
        `from slot to commit: earliest ${lag.earliestMs} ms, p50 ${lag.p50Ms} ms, latest ${lag.latestMs} ms`,
      );
      assert.ok(lag.earliestMs >= 0, `${lag.earliestMs} ms`);
      assert.ok(lag.latestMs <= 5_000, `${lag.latestMs} ms`);
      for (const { shiftMs, logged } of replicas) assert.ok(tells(logged(), shiftMs), `${shiftMs}`);
    });
  }

  test(`when the database's clock goes back an hour nothing is fired again, and all goes on when it is right again, with the queue on ${backend}`, async (t) => {
    const { url, pool } = await openDatabase(t);
    // Whatever asks for the time finds these functions before PostgreSQL's own.
    await pool.query(`
      create table clock (ahead interval);
      insert into clock values ('0');
      create function clock_timestamp() returns timestamptz language sql volatile as 'select pg_catalog.clock_timestamp() + ahead from public.clock';
      create function now() returns timestamptz language sql stable as 'select pg_catalog.now() + ahead from public.clock';
      do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$`);
    await replica(t, 'first', url, backend);
    await seedSeconds(pool, 10, perSecond);
    await seedSchedules(pool, { scheduleCount: perSecond, schedule: '* * * * *' });
    await until('some fires', 30, async () => (await operationCount(pool)) >= 4 * perSecond);
    await pool.query(`update clock set ahead = '-1 hour'`);
    // What was being decided when the clock went back may still be written.
    const second = await replica(t, 'second', url, backend);
    const fired = await operationCount(pool);
    await until('the skew to be told', 10, () => tells(second.logged(), hourMs));
    const { rows } = await pool.query('select pg_catalog.clock_timestamp() as at');
    await until('five seconds of it', 20, async () => {
      const now = await pool.query('select pg_catalog.clock_timestamp() - $1 > $2::interval as passed', [
        rows[0].at,
        '5 seconds',
      ]);
      return now.rows[0].passed === true;
    });
    assert.equal(await operationCount(pool), fired);
    await pool.query(`update clock set ahead = '0'`);
    await until(
      'the rest',
      30,
      async () => (await firingCounts(pool)).due === 0 && (await operationCount(pool)) >= 11 * perSecond,
    );
    const { operations, slots, fired: ledger, withoutEvent, orphans } = await firingCounts(pool);
    assert.deepEqual(
      { slots, ledger, withoutEvent, orphans },
      { slots: operations, ledger: operations, withoutEvent: 0, orphans: 0 },
    );
  });
}
