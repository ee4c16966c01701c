/** Twenty thousand slots and hundreds of killed schedulers: test/failure/firing.test.ts in large. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { assertFiredOnce, fireUnderKills } from '../support/firing.ts';

test('of 20,000 slots that schedulers race for and are killed over, none is lost and none is doubled', async (t) => {
  const database = await freshDatabase();
  const pool = new Pool({ connectionString: database.url, max: 2 });
  t.after(async () => {
    await pool.end();
    await database.drop();
  });
  const kills = await fireUnderKills(database.url, pool, 20_000, 380);
  t.diagnostic(`${kills} kills`);
  assert.ok(kills >= 30, `only ${kills} kills`);
  await assertFiredOnce(pool, 20_000);
});
