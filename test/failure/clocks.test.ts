/**
 * The database's clock shows another day while the service runs. Nothing fires, is settled or times out by it; requests
 * go on; and it is reported. A replica that starts in between does no harm either, and one that starts afterwards fires
 * at once.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pool } from 'pg';
import { freshDatabase } from '../support/database.ts';
import { clockOf } from '../support/database-clock.ts';
import { seedSchedules } from '../support/seed.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const dayMs = 86_400_000;

describe('the clock of the database', { concurrency: true }, () => {
  for (const [where, byMs] of [
    ['a day ahead', dayMs],
    ['a day behind', -dayMs],
  ] as const) {
    test(`${where}: nothing fires or ends by it, it is reported, and backups go on when it is right again`, async (t) => {
      const database = await freshDatabase();
      const pool = new Pool({ connectionString: database.url, max: 2 });
      const services: TestService[] = [];
      t.after(async () => {
        await Promise.all(services.map((service) => service.close()));
        await pool.end();
        await database.drop();
      });
      const clock = await clockOf(database.url);
      const replica = async () => {
        const kept = { url: database.url, drop: async () => {} };
        const service = await startTestService({ backend: 'postgres', database: kept, roles: 'api,scheduler' });
        services.push(service);
        return service;
      };
      const count = async (what: string): Promise<number> =>
        (await pool.query(`select count(*)::int as count from ${what}`)).rows[0].count;
      const operations = () => count('operation');

      const first = await replica();
      // Some fire each second for a minute, and some have slots in each minute of the wrong day too.
      await seedSchedules(pool, {
        scheduleCount: 120,
        schedule: '0 0 1 1 *',
        nextFireAt: `pg_catalog.now() + n * interval '500 milliseconds'`,
      });
      await seedSchedules(pool, { scheduleCount: 5, schedule: '* * * * *' });
      await until('some fires', 20, async () => (await operations()) >= 8);

      await clock.runFrom(new Date(Date.now() + byMs).toISOString());
      const doubt = () => first.api.get('/v1/watchdog').then(({ body }) => body.findings.find(isDoubt));
      assert.equal((await until('the finding', 20, doubt)).name, 'database');
      const before = await operations();
      const { checks } = (await first.api.get('/readyz')).body;
      assert.match(checks.find(({ name }: { name: string }) => name === 'clock').detail, /has jumped/);
      const role = await first.api.get('/readyz/scheduler');
      assert.equal(role.status, 503, 'the role does not do its work');
      assert.match(await first.metrics(), /^backups_clock_doubt 1$/m);
      assert.match(first.logged(), /nothing fires, is settled or times out/);

      const second = await replica();
      await until('the doubt of the second', 10, () => /far from the last tick|has jumped/.test(second.logged()));
      const made = await first.api.post('/v1/organizations', { name: 'made-in-doubt' });
      assert.equal(made.status, 201);
      assert.ok(Math.abs(Date.parse(made.body.createdAt) - Date.now()) < 10_000, made.body.createdAt);
      await until('three seconds of it', 10, async () => (await secondsSince(pool, made.body.createdAt)) > 3);
      assert.equal(await operations(), before);
      assert.equal(await count(`operation where phase = 'Failed'`), 0);

      await clock.runFrom(new Date().toISOString());
      await replica();
      await until('backups to go on', 10, async () => (await operations()) > before + 5);
      const now = 'pg_catalog.now()';
      assert.equal(
        await count(`fire where coalesce(last_scheduled_for, scheduled_for) > ${now} or fired_at > ${now}`),
        0,
      );
      assert.equal(await count(`operation where scheduled_for > ${now} or created_at > ${now} or phase = 'Failed'`), 0);
      assert.equal(await count(`fire where outcome = 'Coalesced' and slot_count > 3`), 0);
      assert.equal(
        await count(`schedule where schedule = '* * * * *' and next_slot_at > ${now} + interval '1 minute'`),
        0,
      );
    });
  }
});

function isDoubt({ kind }: { readonly kind: string }): boolean {
  return kind === 'ClockDoubted';
}

async function secondsSince(pool: Pool, at: string): Promise<number> {
  const { rows } = await pool.query('select extract(epoch from pg_catalog.clock_timestamp() - $1)::float8 as seconds', [
    at,
  ]);
  return rows[0].seconds;
}
