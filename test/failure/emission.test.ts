/** One Operation a slot, whoever races and whoever is killed: real processes on a real database. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { fire } from '../../src/app/fire.ts';
import { openStore } from '../../src/postgres/store.ts';
import { freshDatabase } from '../support/database.ts';
import { seedSchedules } from '../support/seed.ts';
import { until } from '../support/until.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const script = fileURLToPath(new URL('../support/emitter.ts', import.meta.url));

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

async function emitter(mode: 'once' | 'loop'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, database.url, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error('an emitter ended before it was ready')));
  });
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null ? child.once('exit', resolve) : resolve(undefined),
  );

async function counts() {
  const { rows } = await pool.query(`
    select (select count(*)::int from operation) as operations,
           (select count(distinct (schedule_id, scheduled_for))::int from operation) as slots,
           (select count(*)::int from fire where operation_id is not null) as fired,
           (select count(*)::int from operation o where not exists (select from event e where e.operation_id = o.id)) as "withoutEvent",
           (select count(*)::int from fire f where operation_id is not null and not exists (select from operation o where o.id = f.operation_id)) as orphans,
           (select count(*)::int from schedule where next_fire_at <= now()) as due`);
  return rows[0];
}

test('eight processes racing for 500 due schedules make exactly 500 Operations', async () => {
  await pool.query('truncate organization, application_class cascade');
  await seedSchedules(pool, { scheduleCount: 500, schedule: '0 0 1 1 *' });
  const children = await Promise.all(Array.from({ length: 8 }, () => emitter('once')));
  for (const child of children) child.stdin?.write('go\n');
  await Promise.all(children.map(ended));
  assert.deepEqual(await counts(), { operations: 500, slots: 500, fired: 500, withoutEvent: 0, orphans: 0, due: 0 });
});

test('a batch that cannot be written takes no other batch with it, and is fired later', async () => {
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
  await assert.rejects(fireAll(), /refused on purpose/);
  const { operations, due, ...rest } = await counts();
  assert.equal(operations + due, 2_500);
  assert.deepEqual(rest, { slots: operations, fired: operations, withoutEvent: 0, orphans: 0 });
  await pool.query('drop trigger refuse on operation; drop function refuse');
  await fireAll();
  assert.deepEqual(await counts(), {
    operations: 2_500,
    slots: 2_500,
    fired: 2_500,
    withoutEvent: 0,
    orphans: 0,
    due: 0,
  });
  await close();
});

test('emitters killed at random moments lose no fire and double none', async () => {
  await pool.query('truncate organization, application_class cascade');
  const total = 2_000;
  await seedSchedules(pool, {
    scheduleCount: total,
    schedule: '0 0 1 1 *',
    nextFireAt: `now() + n * interval '3 milliseconds'`,
  });
  let kills = 0;
  const deadline = Date.now() + 300_000;
  while ((await counts()).due > 0 || (await counts()).operations < total) {
    assert.ok(Date.now() < deadline, 'the fires did not end');
    const children = await Promise.all(Array.from({ length: 4 }, () => emitter('loop')));
    for (const child of children) child.stdin?.write('go\n');
    for (const child of children) {
      await sleep(Math.random() * 150);
      child.kill('SIGKILL');
      kills += 1;
    }
    await Promise.all(children.map(ended));
    // The statements of a killed process end in the server a moment later.
    await until('killed sessions to end', 10, async () => {
      const { rows } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and application_name = 'vworkspace-backups'`,
      );
      return rows.length === 0;
    });
  }
  assert.ok(kills >= 20, `only ${kills} kills`);
  assert.deepEqual(await counts(), {
    operations: total,
    slots: total,
    fired: total,
    withoutEvent: 0,
    orphans: 0,
    due: 0,
  });
});
