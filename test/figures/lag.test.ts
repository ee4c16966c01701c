/**
 * How soon after its slot an Operation is committed, by the service's own ticks. The bounds are what the product has to
 * keep on two cores, and machines of two cores differ by three tenths: so much more is let pass, and the figures are
 * told. A miss is measured again, three times at most: other work on the machine is no fault of ours.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce } from '../support/firing.ts';
import { type Lag, lagSince, type OwnPostgres, startOwnPostgres, startScheduler } from '../support/scheduler.ts';
import { farRecurrences, seedSchedules } from '../support/seed.ts';
import { type Backend, backends } from '../support/service.ts';
import { until } from '../support/until.ts';

/** They share expressions, as schedules do, and none is due by itself while the test runs. */
const recurrences = farRecurrences(7);

const earlier = 5_000;
const settleMs = 3_000;
const maxTries = 4;
const tolerance = 1.3;
let postgres: OwnPostgres;

before(async () => {
  postgres = await startOwnPostgres();
});
after(() => postgres.stop());

async function firedCount(pool: Pool): Promise<number> {
  const { rows } = await pool.query('select count(*)::int as count from operation');
  return rows[0].count;
}

/** `due` says in SQL when the slot `n` comes, from the whole second `start` on. */
async function measured(backend: Backend, count: number, due: string): Promise<Lag> {
  const database = await freshDatabase(postgres.url);
  const pool = new Pool({ connectionString: database.url, max: 2 });
  await seedSchedules(pool, { scheduleCount: count, recurrences, nextFireAt: `now() + interval '1 day'` });
  const scheduler = await startScheduler({ name: backend, databaseUrl: database.url, backend });
  try {
    // A service that has been running for a while: its code is compiled.
    await seedSchedules(pool, { scheduleCount: earlier, recurrences, nextFireAt: `date_trunc('second', now())` });
    await until('the first fires', 30, async () => (await firedCount(pool)) === earlier);
    await pool.query('vacuum (analyze)');
    const { rows } = await pool.query(`select date_trunc('second', clock_timestamp()) + interval '4 seconds' as start`);
    const { start } = rows[0];
    await pool.query(
      `update schedule s set next_slot_at = slot, next_fire_at = slot
       from (select id, $1::timestamptz + ${due} as slot
             from (select id, row_number() over (order by id) as n from schedule where next_fire_at > now() + interval '1 hour' and next_fire_at < now() + interval '2 days') r) o
       where s.id = o.id`,
      [start],
    );
    // Counting shares the two cores with what is measured.
    await sleep(Math.max(start.getTime() + settleMs - Date.now(), 0));
    await until('every slot to be fired', 90, async () => (await firedCount(pool)) === count + earlier);
    await assertFiredOnce(pool, count + earlier);
    return await lagSince(pool, start);
  } finally {
    await scheduler.kill();
    await pool.end();
    await database.drop();
  }
}

for (const backend of backends) {
  for (const { what, count, due, p99Ms } of [
    { what: '10,000 slots of one second', count: 10_000, due: `interval '0'`, p99Ms: 1_000 },
    { what: '50 slots a second for 30 s', count: 1_500, due: `(n - 1) / 50 * interval '1 second'`, p99Ms: 250 },
  ]) {
    test(`of ${what}, 99 % are committed within ${p99Ms} ms or three tenths more, with the queue on ${backend}`, async (t) => {
      const missed: number[] = [];
      while (missed.length < maxTries) {
        const lag = await measured(backend, count, due);
        t.diagnostic(`p50 ${lag.p50Ms} ms, p99 ${lag.p99Ms} ms, latest ${lag.latestMs} ms of ${lag.count}`);
        assert.equal(lag.count, count);
        assert.ok(lag.earliestMs >= 0, `${lag.earliestMs} ms`);
        if (lag.p99Ms <= p99Ms * tolerance) return;
        missed.push(lag.p99Ms);
      }
      assert.fail(`p99 was ${missed.join(', ')} ms`);
    });
  }
}
