/** What Prisma believes of the database and what the migrations make of it are the same. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Client } from 'pg';
import { freshDatabase } from '../../../../test/support/database.ts';
import { catalogOf } from '../../../../test/support/postgres/catalog.ts';
import { sqlFromEmpty } from '../../../../test/support/postgres/schema-engine.ts';

/** Partial indexes are written by hand in the migrations: Prisma's schema cannot say them. */
const byHand = ({ indexdef }: Record<string, unknown>) => typeof indexdef === 'string' && indexdef.includes(' WHERE ');

test('the migrations make the very database that the Prisma schema describes', async (t) => {
  const [migrated, described] = await Promise.all([freshDatabase(), freshDatabase()]);
  t.after(() => Promise.all([migrated.drop(), described.drop()]));
  const schema = await readFile(new URL('../../../../prisma/schema.prisma', import.meta.url), 'utf8');
  const sql = await sqlFromEmpty(described.url, schema);
  const client = new Client({ connectionString: described.url });
  await client.connect();
  await client.query('drop schema public cascade');
  await client.query(sql);
  await client.end();

  const found = await catalogOf(migrated.url);
  for (const [kind, rows] of Object.entries(await catalogOf(described.url))) {
    const expected = rows.filter((row) => !byHand(row));
    assert.ok(expected.length > 10);
    assert.deepEqual(
      found[kind]?.filter((row) => !byHand(row)),
      expected,
    );
  }
});
