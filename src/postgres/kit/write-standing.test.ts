/** What is said of a database that takes no writes, and when it is taken back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type WriteStanding, writeStandingOf } from './write-standing.ts';

let database: TestDatabase;
let pool: Pool;
let standing: WriteStanding;
let nowMs = 0;

before(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 1 });
  standing = writeStandingOf(pool, () => nowMs);
});
after(async () => {
  await pool.end();
  await database.drop();
});

test('a write that fails as all do is told of for a minute, or until one works', async () => {
  for (const [code, words] of [
    ['25006', /read-only/],
    ['53100', /disk is full/],
    ['58030', /disk fails/],
  ] as const) {
    standing.failed({ code });
    nowMs += 60_000;
    assert.match((await standing.look()) ?? '', words);
    nowMs += 1;
    assert.equal(await standing.look(), undefined, 'a minute is over');
    standing.failed({ code });
    assert.match((await standing.look()) ?? '', words);
    standing.worked();
    assert.equal(await standing.look(), undefined, 'a write has worked');
  }
});

test('a write that fails by itself says nothing, and takes nothing back', async () => {
  const alone = [{ code: '23505' }, { code: '57014' }, new Error('another'), undefined];
  for (const error of alone) standing.failed(error);
  assert.equal(await standing.look(), undefined);
  standing.failed({ code: '53100' });
  for (const error of alone) standing.failed(error);
  assert.match((await standing.look()) ?? '', /disk is full/);
  standing.worked();
});

test('a database that is read-only says so by itself, whatever worked before, and no longer than it is', async () => {
  await pool.query('set default_transaction_read_only = on');
  standing.worked();
  assert.match((await standing.look()) ?? '', /read-only/);
  await pool.query('set default_transaction_read_only = off');
  assert.equal(await standing.look(), undefined);
});
