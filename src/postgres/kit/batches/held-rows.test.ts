/** For how long a row that is put aside is passed over, and what is kept of it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Pool } from 'pg';
import { v7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { keptLog } from '../../../../test/support/log.ts';
import { seedSchedules } from '../../../../test/support/seed.ts';
import { type HeldRow, heldSeconds, staleHeldSeconds } from '../../../core/kernel/rules/broken/held-row.ts';
import { type HeldRows, heldRowsOf, isHeld, wasHeld } from './held-rows.ts';

let database: TestDatabase;
let pool: Pool;
let heldRows: HeldRows;
const start = Date.parse('2026-01-01T00:00:00.000Z');
const later = (ms: number) => new Date(start + ms).toISOString();
const error = new Error('broken');
const row = (resourceId: string, name?: string) => {
  const item: HeldRow = { resourceType: 'Cluster', resourceId, ...(name !== undefined && { name }) };
  return { item, error };
};

before(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 1 });
  heldRows = heldRowsOf(pool, keptLog().log);
});
beforeEach(() => pool.query('truncate held_row'));
after(async () => {
  await pool.end();
  await database.drop();
});

const stored = async (id: string) =>
  (
    await pool.query(
      `select attempts, since, look_again_at as "lookAgainAt", organization_id::text as "organizationId", reason, message
       from held_row where resource_id = $1`,
      [id],
    )
  ).rows[0];
const says = async (sql: typeof isHeld, id: string, at: string) =>
  (await pool.query(`select ${sql('deliver', '$1::uuid', '$2')} as held`, [id, at])).rows[0].held;

test('each time a row is put aside it is for twice as long, up to a quarter of an hour, and the first time is kept', async () => {
  const id = v7();
  let at = 0;
  for (const seconds of [10, 20, 40, 80, 160, 320, 640, 900, 900]) {
    const fresh = await heldRows.putAside('deliver', [row(id)], later(at));
    assert.deepEqual(fresh, at === 0 ? [row(id).item] : []);
    const { since, lookAgainAt } = await stored(id);
    assert.deepEqual([since.toISOString(), lookAgainAt.toISOString()], [later(0), later(at + seconds * 1000)]);
    assert.equal(await says(isHeld, id, later(at + seconds * 1000 - 1)), true);
    assert.equal(await says(isHeld, id, later(at + seconds * 1000)), false);
    at += seconds * 1000;
  }
  // What was not put aside again for an hour after its hold begins anew.
  const end = at + staleHeldSeconds * 1000;
  await heldRows.putAside('deliver', [row(id)], later(end));
  assert.equal((await stored(id)).since.toISOString(), later(0));
  const forgotten = end + (heldSeconds.longest + staleHeldSeconds) * 1000 + 1;
  assert.deepEqual(await heldRows.putAside('deliver', [row(id)], later(forgotten)), [row(id).item]);
  const { attempts, since, lookAgainAt } = await stored(id);
  assert.deepEqual([attempts, since.toISOString()], [1, later(forgotten)]);
  assert.equal(lookAgainAt.toISOString(), later(forgotten + heldSeconds.first * 1000));
});

test('a row was held until an hour after its hold, and one whose end a wrong clock has put far ahead does not hold', async () => {
  const id = v7();
  await heldRows.putAside('deliver', [row(id)], later(0));
  const end = heldSeconds.first * 1000 + staleHeldSeconds * 1000;
  assert.equal(await says(wasHeld, id, later(end - 1)), true);
  assert.equal(await says(wasHeld, id, later(end)), false);
  for (const [aheadMs, held] of [
    [heldSeconds.longest * 1000, true],
    [heldSeconds.longest * 1000 + 1, false],
  ] as const) {
    await pool.query('update held_row set look_again_at = $2 where resource_id = $1', [id, later(aheadMs)]);
    assert.equal(await says(isHeld, id, later(0)), held);
  }
});

test('a hold is of one work and one row; a release and a look at all end it, and what is a day old is removed', async () => {
  const [a, b] = [v7(), v7()];
  await heldRows.putAside('deliver', [row(a), row(b), row(a)], later(0));
  await heldRows.putAside('apply-deadlines', [row(a)], later(0));
  await heldRows.release('deliver', [a]);
  assert.equal(await says(isHeld, a, later(1)), false);
  assert.equal(await says(isHeld, b, later(1)), true);
  assert.equal((await stored(a)).attempts, 1, 'of the other work');
  assert.deepEqual(await heldRows.putAside('deliver', [], later(0)), []);
  const dayAfter = Date.parse((await stored(a)).lookAgainAt) - start + 86_400_000;
  await heldRows.putAside('deliver', [row(v7())], later(dayAfter));
  assert.ok(await stored(a));
  await heldRows.putAside('deliver', [row(v7())], later(dayAfter + 1));
  assert.equal(await stored(a), undefined);
  const fresh = v7();
  const now = new Date().toISOString();
  await heldRows.putAside('deliver', [row(fresh)], now);
  assert.equal(await says(isHeld, fresh, now), true);
  await heldRows.lookAgain();
  assert.equal(await says(isHeld, fresh, new Date().toISOString()), false);
});

test('of what has no row here, a cluster names a hundred, and rows are put aside whatever it names', async () => {
  const id = v7();
  const put = (names: readonly string[]) =>
    heldRows.putAside(
      'record-velero',
      names.map((name) => row(id, name)),
      later(0),
    );
  assert.equal((await put(Array.from({ length: 99 }, (_, n) => `Backup/${n}`))).length, 99);
  assert.equal((await put(['Backup/one'])).length, 1);
  assert.equal((await put(['Backup/two'])).length, 0);
  assert.equal((await heldRows.putAside('record-velero', [row(id)], later(0))).length, 1);
});

test('a row that is put aside belongs to the organization of its resource, and says why', async () => {
  const { organizationId, clusterIds } = await seedSchedules(pool, { scheduleCount: 1, clusterCount: 1 });
  const [clusterId = ''] = clusterIds;
  const ids = (await pool.query('select id::text, application_instance_id::text as instance from schedule')).rows[0];
  for (const id of [clusterId, ids.id, ids.instance]) {
    await heldRows.putAside('deliver', [row(id)], later(0));
    const { organizationId: of, reason, message } = await stored(id);
    assert.deepEqual([of, reason, message], [organizationId, 'Undecidable', 'It cannot be worked on: broken.']);
  }
  const id = v7();
  await heldRows.putAside('deliver', [row(id)], later(0));
  assert.equal((await stored(id)).organizationId, null);
});
