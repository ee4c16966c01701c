/**
 * Rules go by the database's clock. A machine whose own clock is wrong fires nothing early and nothing twice, and that is
 * logged. When the database's own clock jumps, nothing is fired by the wrong time, nothing is fired again, and all goes on
 * a minute after it is right again.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { clockOf } from '../support/database-clock.ts';
import { assertFiredOnce, firingCounts } from '../support/firing.ts';
import { lagSince, type OwnPostgres, seedSeconds, startOwnPostgres, startScheduler } from '../support/scheduler.ts';
import { seedSchedules } from '../support/seed.ts';
import { type Backend, backends } from '../support/service.ts';
import { until } from '../support/until.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
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

/** The four long ones side by side, and beside them one short one after the other. */
describe('a clock that is wrong', { concurrency: 5 }, () => {
  for (const [where, byMs, replicaCount, backend, lastsSeconds] of [
    ['an hour behind', -hourMs, 1, 'postgres', 5],
    ['an hour behind', -hourMs, 1, 'redis', 5],
    ['a day ahead', dayMs, 3, 'postgres', 25],
    ['a week behind', -7 * dayMs, 3, 'postgres', 25],
  ] as const) {
    test(`the database's, ${where} for ${lastsSeconds} s: nothing is fired by it or again, and all goes on after a minute, with ${replicaCount} replicas and the queue on ${backend}`, async (t) => {
      const { url, pool } = await openDatabase(t);
      const clock = await clockOf(url);
      const replicas = [await replica(t, 'replica 1', url, backend)];
      const others = Array.from({ length: replicaCount - 1 }, (_, n) => replica(t, `replica ${n + 2}`, url, backend));
      replicas.push(...(await Promise.all(others)));
      await seedSeconds(pool, 10, perSecond);
      await seedSchedules(pool, { scheduleCount: perSecond, schedule: '* * * * *' });
      await until('some fires', 30, async () => (await operationCount(pool)) >= 4 * perSecond);
      const wrongFrom = await realNow(pool);
      await clock.runFrom(new Date(Date.now() + byMs).toISOString());
      // One starts in the middle of it. Only its own clock and the last tick speak against the database's.
      replicas.push(await replica(t, 'late', url, backend));
      for (const { logged } of replicas) await until('the doubt', 20, () => /is doubted: nothing fires/.test(logged()));
      // What was being decided when the clock jumped may still be written.
      const fired = await operationCount(pool);
      await until('the end of it', 40, async () => (await realNow(pool)) - wrongFrom > lastsSeconds * 1_000);
      assert.equal(await operationCount(pool), fired);
      await clock.runFrom(new Date().toISOString());
      const rightFrom = await realNow(pool);
      await until(
        'the rest',
        90,
        async () => (await firingCounts(pool)).due === 0 && (await operationCount(pool)) >= 11 * perSecond,
      );
      t.diagnostic(`all is made up for ${(await realNow(pool)) - rightFrom} ms after the clock was right`);
      for (const { logged } of replicas) await until('the end of the doubt', 30, () => /believed again/.test(logged()));
      const { operations, slots, fired: ledger, withoutEvent, orphans } = await firingCounts(pool);
      assert.deepEqual(
        { slots, ledger, withoutEvent, orphans },
        { slots: operations, ledger: operations, withoutEvent: 0, orphans: 0 },
      );
      const { rows } = await pool.query(
        `select count(*)::int as count from fire where greatest(scheduled_for, last_scheduled_for, fired_at) > pg_catalog.now() + interval '1 second'`,
      );
      assert.equal(rows[0].count, 0);
    });
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
  }
});

/** By the server's real clock. */
async function realNow(pool: Pool): Promise<number> {
  return (await pool.query('select pg_catalog.clock_timestamp() as at')).rows[0].at.getTime();
}
