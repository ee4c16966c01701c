/** One Operation a slot, whichever process races and whichever is killed: real processes on a real database. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { fire } from '../../src/core/scheduling/fire.ts';
import { openStore } from '../../src/postgres/store.ts';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce, ended, fireUnderKills, firingCounts, startFiringProcess } from '../support/firing.ts';
import { seedSchedules } from '../support/seed.ts';
import { until } from '../support/until.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;

before(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 2 });
  const opened = await openStore({
    url: database.url,
    secretsKey: Buffer.alloc(32, 1),
    log: quiet,
  });
  await opened.close();
});
after(async () => {
  await pool.end();
  await database.drop();
});

test('eight processes racing for 500 due schedules make exactly 500 Operations', async () => {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, { scheduleCount: 500, schedule: '0 0 1 1 *' });
  const children = await Promise.all(Array.from({ length: 8 }, () => startFiringProcess(database.url, 'once')));
  for (const child of children) child.stdin?.write('go\n');
  await Promise.all(children.map(ended));
  await assertFiredOnce(pool, 500);
});

test('a schedule that the database refuses holds up no other of a long queue, and is fired later', async () => {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, { scheduleCount: 2_500, schedule: '0 0 1 1 *' });
  await pool.query(`
    update schedule set name = 'refused' where id = (select id from schedule order by next_slot_at, id limit 1);
    create function refuse() returns trigger language plpgsql as $$
    begin
      if exists (select from schedule where id = new.schedule_id and name = 'refused') then raise 'refused on purpose'; end if;
      return new;
    end $$;
    create trigger refuse before insert on operation for each row execute function refuse()`);
  const { close, ...ports } = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  const fireAll = () => fire({ ...ports, doorbell: { ring() {} }, log: quiet });
  await fireAll();
  const { operations, due, ...rest } = await firingCounts(pool);
  assert.deepEqual([operations, due], [2_499, 1]);
  assert.deepEqual(rest, { slots: operations, fired: operations, withoutEvent: 0, orphans: 0 });
  await pool.query('drop trigger refuse on operation; drop function refuse');
  await ports.heldRows.lookAgain();
  await fireAll();
  await assertFiredOnce(pool, 2_500);
  await close();
});

test('two replicas that fire at once into a cluster with room for one make one Operation, and the other slot waits', async () => {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, { scheduleCount: 2, clusterCount: 1, schedule: '0 0 1 1 *' });
  await pool.query('update cluster set in_flight_limit = 1');
  const { close, ...ports } = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  // One schedule a batch, so that each replica claims one. Neither can write before both have counted what is in flight.
  const one: typeof ports.firing = { fire: (batch, decide) => ports.firing.fire({ ...batch, limit: 1 }, decide) };
  const replica = () => fire({ ...ports, firing: one, doorbell: { ring() {} }, log: quiet });
  const holder = await pool.connect();
  try {
    await holder.query('begin; lock table operation in exclusive mode');
    const both = Promise.all([replica(), replica()]);
    await until('both to wait', 20, async () => {
      const { rows } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length === 2;
    });
    await holder.query('rollback');
    await both;
  } finally {
    holder.release();
  }
  const { rows } = await pool.query('select outcome, reason from fire order by outcome');
  assert.deepEqual(rows, [
    { outcome: 'Deferred', reason: 'ClusterBusy' },
    { outcome: 'Late', reason: 'ServiceDown' },
  ]);
  assert.equal((await firingCounts(pool)).operations, 1);
  await close();
});

test('a blackout window holds back the schedules of its organization until its end, and those of no other', async () => {
  await pool.query('truncate organization, application_class cascade');
  const slot = `date_trunc('hour', now()) - interval '1 minute'`;
  const yearly = { schedule: '0 0 1 1 *', nextFireAt: slot };
  const ours = await seedSchedules(pool, { scheduleCount: 2, clusterCount: 2, ...yearly });
  const other = await seedSchedules(pool, { scheduleCount: 1, clusterCount: 1, ...yearly });
  const [cluster] = ours.clusterIds;
  const { rows: times } = await pool.query(
    `select to_char(now() at time zone 'Etc/UTC' - interval '2 hours', 'HH24:MI') as "from",
            to_char(now() at time zone 'Etc/UTC' + interval '2 hours', 'HH24:MI') as "to", now() as now`,
  );
  const insert = (organizationId: string, clusterId: string | undefined) =>
    pool.query(
      `insert into blackout_window (id, organization_id, cluster_id, name, time_zone, days, "from", "to", behavior, created_at, updated_at, revision)
       values (gen_random_uuid(), $1, $2, gen_random_uuid()::text, 'Etc/UTC', '{}', $3, $4, 'Defer', now(), now(), 1)`,
      [organizationId, clusterId ?? null, times[0].from, times[0].to],
    );
  await insert(ours.organizationId, cluster);
  // A window of another organization does nothing to a cluster that is not its own.
  await insert(ours.organizationId, other.clusterIds[0]);
  const { close, ...ports } = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  await fire({ ...ports, doorbell: { ring() {} }, log: quiet });
  await close();
  const { rows } = await pool.query(
    `select s.cluster_id = $1 as held, f.outcome, f.reason, s.deferred_reason as waits, f.operation_id is not null as made,
            round(extract(epoch from s.next_fire_at - $2::timestamptz) / 60)::int as minutes
     from schedule s join fire f on f.schedule_id = s.id order by held desc`,
    [cluster, times[0].now],
  );
  const [held, ...free] = rows;
  assert.deepEqual(
    [held.held, held.outcome, held.reason, held.waits, held.made],
    [true, 'Deferred', 'Blackout', 'Blackout', false],
  );
  assert.ok(held.minutes >= 1 && held.minutes <= 120, `looked at again after ${held.minutes} min`);
  assert.deepEqual(
    free.map((row) => [row.held, row.reason, row.made]),
    [
      [false, 'ServiceDown', true],
      [false, 'ServiceDown', true],
    ],
  );
});

test('what the ledger has decided of a slot stays, whatever is written for it later', async () => {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, { scheduleCount: 1, schedule: '0 0 1 1 *' });
  const { close, ...ports } = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  const fireAgain = async (change: string) => {
    await pool.query(
      `update schedule s set next_slot_at = f.scheduled_for, next_fire_at = now(), accounted_until = null, ${change} from fire f where f.schedule_id = s.id`,
    );
    await fire({ ...ports, doorbell: { ring() {} }, log: quiet });
    const { rows } = await pool.query('select outcome, reason, operation_id, fired_at from fire');
    return rows;
  };
  await pool.query(`update cluster set in_flight_limit = 0`);
  await fire({ ...ports, doorbell: { ring() {} }, log: quiet });
  const { rows: waits } = await pool.query('select outcome, reason from fire');
  assert.deepEqual(waits, [{ outcome: 'Deferred', reason: 'ClusterBusy' }]);
  await pool.query(`update cluster set in_flight_limit = null`);
  const decided = await fireAgain('name = s.name');
  assert.deepEqual([decided.length, decided[0].outcome, decided[0].operation_id !== null], [1, 'Late', true]);
  await pool.query(`update operation set phase = 'Succeeded', owed = null, next_attempt_at = null`);
  assert.deepEqual(await fireAgain('suspend = true, resume_at = now()'), decided, 'skipped later');
  assert.deepEqual(await fireAgain(`missed_fires = 'Latest'`), decided, 'fired again');
  const { operations, slots } = await firingCounts(pool);
  assert.deepEqual([operations, slots], [1, 1]);
  await close();
});

test('schedulers killed at random moments lose no fire and double none', async () => {
  const kills = await fireUnderKills(database.url, pool, 400, 200, 400);
  assert.ok(kills >= 4, `only ${kills} kills`);
  await assertFiredOnce(pool, 400);
});
