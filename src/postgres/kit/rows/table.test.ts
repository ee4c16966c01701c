/** A table takes every kind of value, finds rows by each kind of condition, and pages through them. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { inTransaction } from '../transaction.ts';
import { type Table, tableOf, type Where } from './table.ts';

const id = (last: number) => `00000000-0000-7000-8000-00000000000${last}`;
const at = (hour: number) => `2026-05-28T0${hour}:00:00.000Z`;
const full = { id: id(1), displayName: "a'b", scopes: ['x', 'y,z'], extra: [{ a: 1 }], madeAt: at(1), size: 7 };

describe('a table', () => {
  let database: TestDatabase;
  let pool: Pool;
  let things: Table;
  before(async () => {
    database = await freshDatabase();
    pool = new Pool({ connectionString: database.url, max: 2 });
    await pool.query(
      'create table thing (id uuid primary key, display_name text, scopes text[] not null, extra jsonb, made_at timestamptz, size bigint, position bigserial)',
    );
    things = tableOf(pool, 'thing');
  });
  beforeEach(async () => {
    await pool.query('truncate thing restart identity');
    await things.insert(full);
    for (const n of [2, 3]) await things.insert({ id: id(n), scopes: [], madeAt: at(n), size: n });
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });
  const found = async (...where: Where[]) =>
    (await things.page({ by: 'id', limit: 9 }, ...where)).map((row) => String(row.id).at(-1)).join('');

  test('gives back what it was given: text, arrays, documents, instants, counts of 8 bytes, and NULL', async () => {
    const { madeAt, ...row } = (await things.find({ id: id(1) })) ?? {};
    const { madeAt: _, ...given } = full;
    assert.deepEqual(row, { ...given, size: 7n, position: 1n });
    assert.deepEqual(madeAt, new Date(full.madeAt));
    const { displayName, extra } = (await things.find({ id: id(2) })) ?? {};
    assert.deepEqual([displayName, extra], [null, null]);
  });

  test('returns the fields that the database fills in', async () => {
    const made = await things.insert({ id: id(4), scopes: [] }, 'position', 'displayName');
    assert.deepEqual(made, { position: 4n, displayName: null });
    assert.deepEqual(await things.insert({ id: id(5), scopes: [] }), {});
  });

  test('finds rows by equality, NULL, comparisons, lists and alternatives, all of which hold together', async () => {
    for (const [where, expected] of [
      [[], '123'],
      [[{}], '123'],
      [[{ displayName: undefined }], '123'],
      [[{ displayName: null }], '23'],
      [[{ size: 7 }], '1'],
      [[{ madeAt: { gt: at(1), lt: at(3) } }], '2'],
      [[{ madeAt: { gte: at(2) } }, { madeAt: { lte: at(2) } }], '2'],
      [[{ id: { in: [id(1), id(3)] } }], '13'],
      [[{ id: { in: [] } }], ''],
      [[{ id: { not: id(1) } }], '23'],
      [[{ displayName: null, or: [{ size: 3 }, { size: 7 }] }], '3'],
      [[{ displayName: "a'b; drop table thing" }], ''],
    ] as const)
      assert.equal(await found(...where), expected, JSON.stringify(where));
    assert.equal(await things.find({ size: 8 }), undefined);
  });

  test('pages by a field in either direction', async () => {
    const pageOf = async (descending: boolean) =>
      (await things.page({ by: 'madeAt', descending, limit: 2 })).map(({ size }) => Number(size));
    assert.deepEqual(
      [await pageOf(false), await pageOf(true)],
      [
        [7, 2],
        [3, 2],
      ],
    );
  });

  test('changes and removes only the rows that its conditions hold for, and says how many', async () => {
    assert.equal(await things.update({ displayName: 'c', extra: null, scopes: ['s'] }, { size: 7 }), 1);
    const { displayName, extra, scopes } = (await things.find({ id: id(1) })) ?? {};
    assert.deepEqual([displayName, extra, scopes], ['c', null, ['s']]);
    assert.equal(await things.update({ displayName: 'd' }, { size: 8 }), 0);
    await things.remove({ size: { lt: 3 } });
    assert.equal(await found(), '13');
  });

  test('has the server keep a statement for each kind of look and change, and none for the ways to filter a list', async () => {
    const own = new Pool({ connectionString: database.url, max: 1 });
    const table = tableOf(own, 'thing');
    for (const n of [1, 2, 3]) await table.find({ id: id(n) });
    for (const limit of [1, 2, 3]) await table.page({ by: 'id', limit }, { size: limit });
    const { rows } = await own.query('select name from pg_prepared_statements');
    await own.end();
    assert.equal(rows.length, 1, JSON.stringify(rows));
  });

  test('locks the row that it finds until the transaction ends', async () => {
    await inTransaction(pool, async (client) => {
      assert.ok(await tableOf(client, 'thing').lock({ id: id(1) }));
      const { rows } = await pool.query('select id from thing for update skip locked');
      assert.deepEqual(rows.map((row) => row.id).sort(), [id(2), id(3)]);
    });
  });
});
