/** What is brought forward after a wrong clock: what lies further ahead than anything that the service makes, and no more. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { putOffOf } from './put-off.ts';

const now = '2026-01-01T00:00:00.000Z';
const ahead = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
const hourMs = 3_600_000;
const waits = 2 * hourMs;
const slotWaits = 25 * hourMs;
const leaseId = '00000000-0000-4000-8000-000000000001';

let database: TestDatabase;
let pool: Pool;
before(async () => {
  database = await freshDatabase();
  pool = new Pool({ connectionString: database.url, max: 1 });
  await seedSchedules(pool, { scheduleCount: 1, clusterCount: 1 });
  await seedOperation(pool);
  await pool.query('update cluster set check_due_at = $1', [now]);
});
after(async () => {
  await pool.end();
  await database.drop();
});

/** The one row of the table as it is set, and as it is afterwards; and how many were brought forward. */
async function brought(table: string, set: Readonly<Record<string, unknown>>) {
  const columns = Object.keys(set);
  const assigned = columns.map((column, n) => `${column} = $${n + 1}`).join(', ');
  await pool.query(`update ${table} set ${assigned}`, Object.values(set));
  const count = await putOffOf(pool).bringForward(now);
  const [row] = (await pool.query(`select ${columns.join(', ')} from ${table}`)).rows;
  const shown = Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, value instanceof Date ? value.toISOString() : value]),
  );
  return { count, ...shown };
}

test('an attempt more than two hours ahead is due now, without its lease, and one within them is left', async () => {
  for (const what of [
    { owed: 'Apply', deletion_reason: null },
    { owed: null, deletion_reason: 'Withdraw' },
  ]) {
    const within = { ...what, next_attempt_at: ahead(waits), lease_id: leaseId };
    assert.deepEqual(await brought('operation', within), { count: 0, ...within });
    const beyond = { ...within, next_attempt_at: ahead(waits + 1) };
    assert.deepEqual(await brought('operation', beyond), { count: 1, ...what, next_attempt_at: now, lease_id: null });
  }
});

test("a cluster's check, word and pause are brought forward each, and none that is near is put off", async () => {
  const near = { check_due_at: ahead(waits), tell_at: ahead(waits), throttled_until: ahead(waits) };
  assert.deepEqual(await brought('cluster', near), { count: 0, ...near });
  const far = ahead(waits + 1);
  assert.deepEqual(await brought('cluster', { ...near, check_due_at: far }), { count: 1, ...near, check_due_at: now });
  const past = { ...near, check_due_at: ahead(-1) };
  assert.deepEqual(await brought('cluster', { ...past, tell_at: far }), { count: 1, ...past, tell_at: now });
  assert.deepEqual(await brought('cluster', { ...past, throttled_until: far }), {
    count: 1,
    ...past,
    throttled_until: null,
  });
});

test('a slot that has come and waits is looked at within 25 hours, unless nobody is to look', async () => {
  const waiting = {
    deferred_reason: 'BlackoutWindow',
    suspend: false,
    resume_at: null,
    next_slot_at: now,
    next_fire_at: ahead(slotWaits + 1),
  };
  assert.deepEqual(await brought('schedule', waiting), { count: 1, ...waiting, next_fire_at: now });
  for (const more of [
    { next_fire_at: ahead(slotWaits) },
    { deferred_reason: null },
    { suspend: true, resume_at: ahead(1) },
    { next_slot_at: ahead(1) },
  ]) {
    const left = { ...waiting, ...more };
    assert.deepEqual(await brought('schedule', left), { count: 0, ...left });
  }
});
