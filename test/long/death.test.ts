/**
 * A replica dies, falls silent in the midst of a batch, or loses its database, while slots come due every second: another
 * one goes on within 5 s, the database's restart costs 10 s at most, and nothing is lost or doubled.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce } from '../support/firing.ts';
import {
  lagSince,
  type OwnPostgres,
  type Scheduler,
  seedSeconds,
  startOwnPostgres,
  startScheduler,
} from '../support/scheduler.ts';
import { seedSchedules } from '../support/seed.ts';
import { type Backend, backends } from '../support/service.ts';
import { until } from '../support/until.ts';

const perSecond = 20;
const seconds = 11;
let postgres: OwnPostgres;

before(async () => {
  postgres = await startOwnPostgres();
});
after(() => postgres.stop());

/** The name of the session that wrote a slot is kept, and the slot that is marked takes a while to be written. */
const watched = `
  create table writer (operation_id uuid, name text, at timestamptz);
  create function watch() returns trigger language plpgsql as $$
  begin
    insert into writer values (new.id, current_setting('application_name'), clock_timestamp());
    if exists (select from schedule where id = new.schedule_id and name = 'slow') then perform pg_sleep(0.3); end if;
    return new;
  end $$;
  create trigger watch after insert on operation for each row execute function watch()`;

interface Scene {
  readonly pool: Pool;
  readonly replicas: readonly Scheduler[];
  /** Of the replicas, the one that fired last. */
  active(): Promise<Scheduler>;
  fired(count: number): Promise<unknown>;
  /** When all have been fired, once each: the longest from a slot to its commit. */
  latestMs(): Promise<number>;
}

/** Two replicas, and slots for so many seconds that begin when both are up. */
async function setScene(t: TestContext, backend: Backend, seconds: number): Promise<Scene> {
  const database = await freshDatabase(postgres.url);
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => {});
  await pool.query(watched);
  const replicas: Scheduler[] = [];
  t.after(async () => {
    for (const replica of replicas) await replica.kill();
    await pool.end();
    await database.drop();
  });
  for (const name of ['first', 'second'])
    replicas.push(await startScheduler({ name, databaseUrl: database.url, backend }));
  const start = await seedSeconds(pool, seconds, perSecond);
  const count = seconds * perSecond;
  const asked = async <T>(text: string): Promise<T | undefined> =>
    (await pool.query(text).catch(() => undefined))?.rows[0];
  const fired = (wanted: number) =>
    until(`${wanted} fires`, 60, async () => {
      const found = await asked<{ count: number }>('select count(*)::int as count from operation');
      return found !== undefined && found.count >= wanted;
    });
  return {
    pool,
    replicas,
    async active() {
      const last = await asked<{ name: string }>('select name from writer order by at desc limit 1');
      const replica = replicas.find(({ name }) => name === last?.name);
      assert.ok(replica);
      return replica;
    },
    fired,
    async latestMs() {
      await fired(count);
      await assertFiredOnce(pool, count);
      const { latestMs, p50Ms, earliestMs } = await lagSince(pool, start);
      t.diagnostic(`from slot to commit: p50 ${p50Ms} ms, latest ${latestMs} ms`);
      assert.ok(earliestMs >= 0);
      return latestMs;
    },
  };
}

describe('a replica', { concurrency: true }, () => {
  for (const backend of backends) {
    test(`when the replica that fires is killed, no slot is over 5 s late, with the queue on ${backend}`, async (t) => {
      const { active, fired, latestMs } = await setScene(t, backend, seconds);
      await fired(3 * perSecond);
      await (await active()).kill();
      const late = await latestMs();
      assert.ok(late <= 5_000, `${late} ms`);
    });

    test(`when a replica falls silent while it fires, no slot is over 5 s late or doubled, with the queue on ${backend}`, async (t) => {
      const scene = await setScene(t, backend, seconds);
      const { pool, replicas, fired } = scene;
      await pool.query(
        `update schedule set name = 'slow' where id in (select id from schedule order by next_slot_at, id offset $1 limit 1)`,
        [3 * perSecond],
      );
      const silent = await until('a batch that is being written', 30, async () => {
        const { rows } = await pool.query(
          `select application_name as name from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`,
        );
        return replicas.find(({ name }) => name === rows[0]?.name);
      });
      silent.signal('SIGSTOP');
      // Six seconds after the slots that it holds.
      await fired(9 * perSecond);
      silent.signal('SIGCONT');
      const late = await scene.latestMs();
      assert.ok(late <= 5_000, `${late} ms`);
      // Awake again, it goes on: the other one may go.
      await seedSchedules(pool, { scheduleCount: 1, schedule: '0 0 1 1 *' });
      await Promise.all(replicas.filter((replica) => replica !== silent).map((replica) => replica.kill()));
      await fired(seconds * perSecond + 1);
      await assertFiredOnce(pool, seconds * perSecond + 1);
    });
  }
});

test('after an immediate restart of PostgreSQL no slot is over 10 s late, whatever the queue is on', async (t) => {
  const scenes = await Promise.all(backends.map((backend) => setScene(t, backend, seconds)));
  await Promise.all(scenes.map(({ fired }) => fired(3 * perSecond)));
  // So late in a second that the next slots come while it is away.
  await until('the end of a second', 2, () => Date.now() % 1_000 > 800);
  await postgres.restart();
  for (const { latestMs } of scenes) {
    const late = await latestMs();
    assert.ok(late <= 10_000, `${late} ms`);
  }
});
