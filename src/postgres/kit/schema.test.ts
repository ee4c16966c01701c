/** What Prisma believes of the database and what the migrations make of it are the same. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Client, Pool } from 'pg';
import { freshDatabase } from '../../../test/support/database.ts';
import { sqlFromEmpty } from './schema-engine.ts';

const columns = `
  select table_name, column_name, data_type, udt_name, datetime_precision, is_nullable, column_default
  from information_schema.columns where table_schema = 'public' and table_name <> '_prisma_migrations' order by 1, 2`;
const constraints = `
  select conrelid::regclass::text as "table", conname, contype::text, pg_get_constraintdef(oid) as definition
  from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f') and conrelid::regclass::text <> '_prisma_migrations' order by 1, 2`;
const indexes = `select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename <> '_prisma_migrations' order by 1`;

/** Partial indexes are written by hand in the migrations: Prisma's schema cannot say them. */
const byHand = (row: { indexdef?: string }) => row.indexdef?.includes(' WHERE ') === true;

test('the migrations make the very database that the Prisma schema describes', async (t) => {
  const [migrated, described] = await Promise.all([freshDatabase(), freshDatabase()]);
  t.after(() => Promise.all([migrated.drop(), described.drop()]));
  const pool = new Pool({ connectionString: described.url, max: 2 });
  const sql = await sqlFromEmpty(
    pool,
    await readFile(new URL('../../../prisma/schema.prisma', import.meta.url), 'utf8'),
  );
  await pool.query('drop schema public cascade');
  await pool.query(sql);
  await pool.end();

  const look = async (url: string, query: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(query);
    await client.end();
    return rows.filter((row) => !byHand(row));
  };
  for (const query of [columns, constraints, indexes]) {
    const expected = await look(described.url, query);
    assert.ok(expected.length > 10);
    assert.deepEqual(await look(migrated.url, query), expected);
  }
});
