/** What a database is after our migrations, whoever began them and whatever stopped them. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client, Pool } from 'pg';
import { emptyDatabase, freshDatabase } from '../../../test/support/database.ts';
import { catalogOf } from '../../../test/support/postgres/catalog.ts';
import { deployWithPrisma, statusOfPrisma } from '../../../test/support/postgres/schema-engine.ts';
import { patience, until } from '../../../test/support/until.ts';
import { migrate, migrationsFolder } from './migrate.ts';

const inStep = {
  editedMigrationNames: [],
  failedMigrationNames: [],
  hasMigrationsTable: true,
  history: null,
};
const history = `
  select migration_name, checksum, applied_steps_count, logs, rolled_back_at, finished_at >= started_at as finished,
    id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' as has_uuid
  from _prisma_migrations order by started_at`;
const needsA = { '1_one': '', '2_two': 'create table b (id int); alter table a add x int' };
const locking = { turnMs: 30_000, timeoutMs: 200, attemptCount: 3, pauseMs: 100 };

test('a database that Prisma migrated part of the way is upgraded, and then is like one that is all ours', async (t) => {
  const names = await ourNames();
  const ours = await database(t, await freshDatabase());
  for (const count of [1, 6, names.length - 1, names.length]) {
    const { url, pool } = await database(t);
    const before = await folderOf(t, {});
    for (const name of names.slice(0, count)) {
      await cp(path.join(migrationsFolder, name), path.join(before, name), { recursive: true });
    }
    assert.deepEqual(await deployWithPrisma(url, before), names.slice(0, count));
    assert.deepEqual(await migrate(url), names.slice(count));
    assert.deepEqual(await statusOfPrisma(url, migrationsFolder), inStep);
    assert.deepEqual((await pool.query(history)).rows, (await ours.pool.query(history)).rows);
    assert.deepEqual(await catalogOf(url), await catalogOf(ours.url));
  }
});

test("Prisma's own commands find nothing to do, nothing edited and nothing failed after ours", async (t) => {
  const { url } = await database(t);
  assert.deepEqual(await migrate(url), await ourNames());
  assert.deepEqual(await statusOfPrisma(url, migrationsFolder), inStep);
  assert.deepEqual(await deployWithPrisma(url, migrationsFolder), []);
  assert.deepEqual(await migrate(url), []);
});

test("the table is column by column the one that Prisma's own commands make", async (t) => {
  const [ours, theirs] = [await database(t), await database(t)];
  const folder = await folderOf(t, { '1_one': 'select 1' });
  await migrate(ours.url, { folder });
  await deployWithPrisma(theirs.url, folder);
  for (const query of [
    `select column_name, data_type, character_maximum_length, is_nullable, column_default
     from information_schema.columns where table_name = '_prisma_migrations' order by ordinal_position`,
    `select conname, contype::text, pg_get_constraintdef(oid) as definition
     from pg_constraint where conrelid = '_prisma_migrations'::regclass order by 1`,
    `select indexdef from pg_indexes where tablename = '_prisma_migrations'`,
  ]) {
    const expected = (await theirs.pool.query(query)).rows;
    assert.ok(expected.length > 0);
    assert.deepEqual((await ours.pool.query(query)).rows, expected);
  }
});

test('the checksum is of the file as it is, and Prisma reckons the same', async (t) => {
  const folder = await folderOf(t, {
    '1_unix': 'create table a (id int);\n-- ä €\n',
    '2_windows': 'create table b (id int);\r\n-- ä €\r\n',
    '3_no_end': "create function c() returns int language sql as $$ select 1; select 2 $$;select ';'",
  });
  const [ours, theirs] = [await database(t), await database(t)];
  await migrate(ours.url, { folder });
  await deployWithPrisma(theirs.url, folder);
  assert.deepEqual((await ours.pool.query(history)).rows, (await theirs.pool.query(history)).rows);
});

test('of many that start at once one migrates, and the others find it done', async (t) => {
  const { url, pool } = await database(t);
  const answers = await Promise.all(Array.from({ length: 8 }, () => migrate(url)));
  const names = await ourNames();
  assert.deepEqual(
    answers.map((applied) => applied.length).sort((a, b) => b - a),
    [names.length, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    (await pool.query(history)).rows.map((row) => row.migration_name),
    names,
  );
});

test('a version that migrates with Prisma and one that does it by itself take turns', async (t) => {
  const { url } = await database(t);
  const folder = await folderOf(t, { '1_slow': 'create table a (id int); select pg_sleep(0.5)' });
  const [ours, theirs] = await Promise.all([migrate(url, { folder }), deployWithPrisma(url, folder)]);
  assert.deepEqual([...ours, ...theirs], ['1_slow']);
});

test('a migration that fails half-way leaves nothing, and once it is mended the next start goes on', async (t) => {
  const { url, pool } = await database(t);
  const broken = { '1_good': 'create table a (id int)', '2_bad': 'create table b (id int); select 1 / 0' };
  await assert.rejects(migrate(url, { folder: await folderOf(t, broken) }), {
    message: 'The migration 2_bad failed: division by zero',
  });
  assert.deepEqual(await tables(pool), ['_prisma_migrations', 'a']);
  assert.deepEqual(
    (await pool.query(history)).rows.map((row) => row.migration_name),
    ['1_good'],
  );
  const mended = await folderOf(t, {
    ...broken,
    '2_bad': 'create table b (id int)',
    '3_more': 'create table c (id int)',
  });
  assert.deepEqual(await migrate(url, { folder: mended }), ['2_bad', '3_more']);
  assert.deepEqual(await statusOfPrisma(url, mended), inStep);
});

test('a process that is cut off in the middle of a migration leaves nothing of it', async (t) => {
  const { url, pool } = await database(t);
  const folder = await folderOf(t, { '1_slow': 'create table a (id int); select pg_sleep(60)' });
  const migrating = assert.rejects(migrate(url, { folder }), /The migration 1_slow failed: /);
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)' and state = 'active'`;
  await until('the sleep to be cut', 10, async () => (await pool.query(cut)).rowCount !== 0);
  await migrating;
  assert.deepEqual(await tables(pool), ['_prisma_migrations']);
  assert.deepEqual((await pool.query(history)).rows, []);
});

test('a migration and its row are one: when the row cannot be written, nothing is left', async (t) => {
  const { url, pool } = await database(t);
  const script = 'create table a (id int); alter table _prisma_migrations add constraint never check (false)';
  await assert.rejects(migrate(url, { folder: await folderOf(t, { '1_one': script }) }), /"never"/);
  assert.deepEqual(await tables(pool), ['_prisma_migrations']);
});

test('a migration that ends the transaction by itself is refused: a kill could leave a part of it', async (t) => {
  const { url } = await database(t);
  const folder = await folderOf(t, { '1_own': 'create table a (id int); commit; create table b (id int)' });
  await assert.rejects(migrate(url, { folder }), /The migration 1_own failed: RELEASE SAVEPOINT can only be used in/);
});

test('what an earlier engine began and did not finish is refused with what to do, and goes on after either way', async (t) => {
  const files = { '1_good': 'create table a (id int)', '2_bad': 'create table b (id int); select 1 / 0' };
  const mended = await folderOf(t, { ...files, '2_bad': 'create table b (id int)' });
  for (const way of ['rolled_back_at', 'finished_at']) {
    const { url, pool } = await database(t);
    await assert.rejects(deployWithPrisma(url, await folderOf(t, files)));
    const { rows } = await pool.query('select id from _prisma_migrations where finished_at is null');
    await assert.rejects(migrate(url, { folder: mended }), (error: Error) => {
      assert.match(error.message, /^The migration 2_bad, started at 20\S+Z, did not finish\. /);
      const advice = error.message.split('\n').find((line) => line.includes(`set ${way} = now()`));
      assert.equal(advice?.includes(rows[0].id), true);
      return true;
    });
    assert.deepEqual(await tables(pool), ['_prisma_migrations', 'a']);
    await pool.query(`update _prisma_migrations set ${way} = now() where id = $1`, [rows[0].id]);
    assert.deepEqual(await migrate(url, { folder: mended }), way === 'rolled_back_at' ? ['2_bad'] : []);
  }
});

test('what only a newer version knows is left alone, applied or begun', async (t) => {
  const { url, pool } = await database(t, await freshDatabase());
  const before = await pool.query(
    `insert into _prisma_migrations (id, checksum, migration_name, finished_at)
     values (gen_random_uuid(), 'c', '9_newer', now()), (gen_random_uuid(), 'c', '9_newest', null) returning *`,
  );
  assert.deepEqual(await migrate(url), []);
  const after = await pool.query(
    `select * from _prisma_migrations where migration_name like '9%' order by migration_name`,
  );
  assert.deepEqual(after.rows, before.rows);
});

test("a database with somebody else's tables is refused, and one with an extension's is not", async (t) => {
  const { url, pool } = await database(t);
  const folder = await folderOf(t, { '1_one': 'create table a (id int)' });
  await pool.query('create table wordpress (id int)');
  await assert.rejects(
    migrate(url, { folder }),
    /has tables already \(wordpress\).* Set DATABASE_URL to an empty database/,
  );
  assert.deepEqual(await tables(pool), ['wordpress']);
  await pool.query('create extension pgcrypto; alter extension pgcrypto add table wordpress');
  assert.deepEqual(await migrate(url, { folder }), ['1_one']);
});

test('a migration that waits for a table makes way after its time, tries again, and goes through once it is free', async (t) => {
  const { url, pool } = await database(t);
  await migrate(url, { folder: await folderOf(t, { '1_one': 'create table a (id int)' }) });
  await whileReading(url, 'a', async (commit) => {
    const migrating = migrate(url, { folder: await folderOf(t, needsA), locking: { ...locking, attemptCount: 100 } });
    const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    for (const waiting of [1, 0, 1, 0])
      await until(`${waiting} to wait`, 10, async () => (await pool.query(waits)).rowCount === waiting);
    await pool.query('insert into a (id) values (1)');
    assert.deepEqual(await tables(pool), ['_prisma_migrations', 'a']);
    await commit();
    assert.deepEqual(await migrating, ['2_two']);
  });
});

test('a migration that never gets its locks gives up after its attempts, with words, and leaves nothing', async (t) => {
  const { url, pool } = await database(t);
  await migrate(url, { folder: await folderOf(t, { '1_one': 'create table a (id int)' }) });
  await whileReading(url, 'a', async () => {
    const startedAt = performance.now();
    await assert.rejects(migrate(url, { folder: await folderOf(t, needsA), locking }), {
      message:
        /^The migration 2_two did not get its locks in 3 attempts of 0\.2 s\. Nothing of it is applied\. .*pg_stat_activity/,
    });
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs >= 800 && tookMs < patience * 5_000, `${tookMs} ms`);
    assert.deepEqual(await tables(pool), ['_prisma_migrations', 'a']);
  });
});

test('a process that hangs while it migrates does not hold up a start for ever, and the next start goes on', async (t) => {
  const { url, pool } = await database(t);
  const folder = await folderOf(t, { '1_one': 'create table a (id int)' });
  const hanging = new Client({ connectionString: url });
  await hanging.connect();
  try {
    await hanging.query('select pg_advisory_lock(72707369)');
    await assert.rejects(migrate(url, { folder, locking: { ...locking, turnMs: 200 } }), {
      message: /held the lock of migrations for 0\.2 s, so nothing is applied\. .*pg_locks.*72707369/,
    });
    assert.deepEqual(await tables(pool), []);
  } finally {
    await hanging.end();
  }
  assert.deepEqual(await migrate(url, { folder, locking }), ['1_one']);
});

/** Holds the weakest lock of a table for as long as the work takes, or until it commits. */
async function whileReading(url: string, table: string, work: (commit: () => Promise<unknown>) => Promise<void>) {
  const reader = new Client({ connectionString: url });
  await reader.connect();
  try {
    await reader.query(`begin; select from ${table}`);
    await work(() => reader.query('commit'));
  } finally {
    await reader.end();
  }
}

async function ourNames(): Promise<readonly string[]> {
  const names = (await readdir(migrationsFolder)).filter((name) => /^\d+_/.test(name)).sort();
  assert.ok(names.length > 10);
  return names;
}

async function database(t: TestContext, of?: Awaited<ReturnType<typeof emptyDatabase>>) {
  const { url, drop } = of ?? (await emptyDatabase());
  const pool = new Pool({ connectionString: url, max: 3 });
  pool.on('error', () => {});
  t.after(async () => {
    await pool.end();
    await drop();
  });
  return { url, pool };
}

async function folderOf(t: TestContext, scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(path.join(migrationsFolder, 'migration_lock.toml'), path.join(folder, 'migration_lock.toml'));
  for (const [name, script] of Object.entries(scripts)) {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'migration.sql'), script);
  }
  return folder;
}

async function tables(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query(`select tablename from pg_tables where schemaname = 'public' order by 1`);
  return rows.map((row) => row.tablename);
}
