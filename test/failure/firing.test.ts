/** One Operation a slot, whichever process races and whichever is killed: real processes on a real database. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { fire } from '../../src/core/scheduling/fire.ts';
import { openStore } from '../../src/postgres/store.ts';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce, ended, fireUnderKills, firingCounts, startFiringProcess } from '../support/firing.ts';
import { seedSchedules } from '../support/seed.ts';

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

test('schedulers killed at random moments lose no fire and double none', async () => {
  const kills = await fireUnderKills(database.url, pool, 700, 200);
  assert.ok(kills >= 8, `only ${kills} kills`);
  await assertFiredOnce(pool, 700);
});
