/**
 * Today's service on the database of a version before: nothing that was stored is lost or reads otherwise, and the work
 * goes on where that version stopped. Each database was made by its own version (`scripts/database-of`).
 *
 * The database's clock is set to the night that the database is of, so that what is due then is due in each run.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Pool } from 'pg';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { openStore } from '../../src/postgres/store.ts';
import { answerOf, differences, type RecordedAnswer } from '../support/api-answers.ts';
import { clientOf } from '../support/client.ts';
import type { TestDatabase } from '../support/database.ts';
import { clockOf, type DatabaseClock } from '../support/database-clock.ts';
import { keptLog } from '../support/log.ts';
import { type OldDatabase, readOldDatabase, restore } from '../support/old-database.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** Protection also looks at the copies of each schedule, and at the number of their items. */
const judgedByMore = (get: string, of: string) =>
  ['status', 'reason', 'since'].map((field) => ({ get, field: `${of}${field}`, why: 'is judged by more rules' }));

/** Fields of answers that may differ from the version before, by GET and place. Each needs a reason. */
const mayChange = [
  { get: '/v1/watchdog', field: 'body.counts', why: 'lists every kind of finding, of which there are more' },
  { get: '/v1/watchdog', field: 'body.findings[].whatToDo', why: 'a text for people, made when it is asked for' },
  { get: '/v1/protection', field: 'body.items[].message', why: 'a text for people, made when it is asked for' },
  { get: '/v1/application-instances/{id}/protection', field: 'body.message', why: 'the same text' },
  { get: '/v1/schedules/{id}/preview', field: 'body.items[].notes', why: 'texts for people, made when asked for' },
  ...judgedByMore('/v1/protection', 'body.items[].'),
  ...judgedByMore('/v1/application-instances/{id}/protection', 'body.'),
  { get: '/v1/operations/{id}/manifest', field: 'body', why: 'is JSON, or YAML when Accept prefers that' },
  { get: '/v1/schedules/{id}/preview', field: 'body.items[].localTime', why: 'has its offset from UTC now' },
  { get: '/v1/schedules/{id}/preview', field: 'body.warnings', why: 'texts for people, of which there are more' },
] as const satisfies readonly { readonly get: string; readonly field: string; readonly why: string }[];

const migrations = new URL('../../prisma/migrations/', import.meta.url);
/** The service was down from 00:31 until then. In between Berlin's clocks went back, at 01:00. */
const upgradedAt = '2026-10-25T01:31:00Z';
const namespace = 'org-myteam';

for (const name of ['before-floors', 'before-narrow-tables']) {
  describe(`on the database ${name}`, () => {
    let old: OldDatabase;
    let database: TestDatabase;
    let clock: DatabaseClock;
    let pool: Pool;
    let cluster: SimulatedCluster;
    let service: TestService;
    let countsBefore: Readonly<Record<string, number>>;
    let historyBefore: readonly unknown[];
    const start = (roles?: string) => {
      const kept = { url: database.url, drop: async () => {} };
      return startTestService({
        backend: 'postgres',
        database: kept,
        trustsDatabaseClock: true,
        secretsKey: old.about.secretsKey,
        ...(roles !== undefined && { roles }),
      });
    };
    const api = (as: keyof OldDatabase['about']['keys']) => clientOf(service.url, old.about.keys[as]);
    const rows = async (sql: string, values: readonly unknown[] = []) => (await pool.query(sql, [...values])).rows;
    const history = () => rows('select * from _prisma_migrations order by migration_name');
    const idOf = async (schedule: string) => (await rows('select id from schedule where name = $1', [schedule]))[0]?.id;

    before(async () => {
      old = await readOldDatabase(name);
      database = await restore(old);
      pool = new Pool({ connectionString: database.url, max: 2 });
      countsBefore = await rowCounts(pool);
      historyBefore = await history();
      clock = await clockOf(database.url);
      await clock.stopAt(old.about.answeredAt);
      cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
      cluster.addNamespace(namespace);
      service = await start('api');
    });
    after(async () => {
      await service?.close();
      await cluster?.close();
      await pool?.end();
      await database?.drop();
    });

    test('its migrations are accepted as they are, and those of today are applied', async () => {
      const known = (await readdir(migrations, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
      const now = await history();
      assert.ok(historyBefore.length > 0);
      assert.deepEqual(now.slice(0, historyBefore.length), historyBefore);
      assert.deepEqual(
        now.filter((row) => row.finished_at !== null && row.rolled_back_at === null).map((row) => row.migration_name),
        known.toSorted(),
      );
      // One that was changed since would not have been applied as it is written.
      for (const { migration_name, checksum } of now) {
        const sql = await readFile(new URL(`${migration_name}/migration.sql`, migrations));
        assert.equal(createHash('sha256').update(sql).digest('hex'), checksum, migration_name);
      }
    });

    test('everything that the API answered reads the same', async () => {
      assert.ok(old.answers.length > 100);
      assert.deepEqual(await differencesOf(old.answers), []);
      const counts = await rowCounts(pool);
      assert.deepEqual({ ...counts, ...countsBefore }, counts);
    });

    test('a key is good or not as it was, and so is the token of an agent', async () => {
      for (const [as, status] of [
        ['admin', 200],
        ['acme', 200],
        ['revoked', 401],
        ['expired', 401],
      ] as const) {
        assert.equal((await api(as).get('/v1/operations')).status, status, as);
      }
      const agent = clientOf(service.url, old.about.agentToken);
      assert.equal((await agent.post('/api/agent/events', { events: [] })).status, 204);
    });

    test('a request that is repeated with its Idempotency-Key gets the answer of then', async () => {
      assert.ok(old.about.repeatable.length > 0);
      for (const { as, path, key, body, status, answer } of old.about.repeatable) {
        const again = await api(as).post(path, body, { 'Idempotency-Key': key });
        assert.equal(again.headers.get('idempotency-replayed'), 'true', path);
        assert.deepEqual([again.status, again.body], [status, answer]);
      }
    });

    test('the sealed credentials of every cluster open', async (t) => {
      const opened = await openStore({
        url: database.url,
        secretsKey: Buffer.from(old.about.secretsKey, 'base64'),
        log: keptLog().log,
      });
      t.after(() => opened.close());
      const ids = (await rows('select id from cluster')).map(({ id }) => id);
      assert.deepEqual(ids.toSorted(), Object.keys(old.about.access).toSorted());
      for (const id of ids) {
        const { server, token } = (await opened.directory.target(id))?.access ?? {};
        assert.deepEqual({ server, token }, old.about.access[id]);
      }
    });

    test('what was due fires once, what was owed is delivered once, and no slot is in the ledger twice', async () => {
      const owed = await rows(`select id, cluster_id as "clusterId" from operation where name = 'forum-owed'`);
      const [{ id, clusterId }] = owed;
      for (const { name } of await rows('select name from application_instance where cluster_id = $1', [clusterId]))
        cluster.addApplicationInstance(namespace, name);
      const moved = await api('admin').patch(`/v1/clusters/${clusterId}`, { kubeconfig: cluster.kubeconfig });
      assert.equal(moved.status, 200, JSON.stringify(moved.body));
      await service.close();
      await clock.runFrom(upgradedAt);
      const due = await rows(`select name, id, next_slot_at as slot from schedule where next_fire_at <= $1`, [
        upgradedAt,
      ]);
      assert.ok(due.length >= 5);

      service = await start();
      await until('what was due to be decided', 20, async () => {
        const late = await rows(`select name from schedule where next_fire_at <= $1`, [upgradedAt]);
        return late.length === 0;
      });
      for (const { name, id, slot } of due) {
        const [{ count }] = await rows(
          `select count(*)::int as count from fire where schedule_id = $1 and $2 between scheduled_for and coalesce(last_scheduled_for, scheduled_for)`,
          [id, slot],
        );
        assert.equal(count, 1, `the slot of ${name}`);
      }
      const firedSince = async (schedule: string) =>
        (
          await rows('select scheduled_for from operation where schedule_id = $1 and created_at >= $2 order by 1', [
            await idOf(schedule),
            upgradedAt,
          ])
        ).map((row) => row.scheduled_for.toISOString());
      // 02:00 and 02:30 in Berlin, the second time; and at 02:30 the nightly one has fired the first time.
      assert.deepEqual(await firedSince('half-hourly'), ['2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z']);
      assert.deepEqual(await firedSince('nightly'), []);
      assert.deepEqual(await firedSince('once-soon'), ['2026-10-25T01:20:00.000Z']);

      await until('the Operation that was owed', 20, async () => {
        return (await api('admin').get(`/v1/operations/${id}`)).body.phase === 'Succeeded';
      });
      const resumed = await api('admin').get(`/v1/schedules/${await idOf('resuming')}`);
      assert.deepEqual([resumed.body.suspend, resumed.body.nextSlotAt], [false, '2026-10-25T02:00:00.000Z']);
      const twice = await rows(`
        select a.schedule_id, a.scheduled_for from fire a join fire b on b.schedule_id = a.schedule_id and b.id <> a.id
          and b.scheduled_for between a.scheduled_for and coalesce(a.last_scheduled_for, a.scheduled_for)
        union all select schedule_id, scheduled_for from operation where scheduled_for is not null group by 1, 2 having count(*) > 1`);
      assert.deepEqual(twice, []);
      const applied = cluster.requests.log.filter(({ verb, name }) => verb === 'patch' && name === 'forum-owed');
      assert.equal(applied.length, 1);
    });

    test('a row or a field that were gone would be seen', async () => {
      await service.close();
      await clock.stopAt(old.about.answeredAt);
      service = await start('api');
      const [{ id }] = await rows(
        'delete from blackout_window where id = (select min(id::text)::uuid from blackout_window) returning id',
      );
      await rows(`update application_class set display_name = null where name = 'nextcloud'`);
      const read = old.answers.filter(({ path }) => /blackout-windows|application-classes/.test(path));
      const found = (await differencesOf(read)).join('\n');
      assert.match(found, new RegExp(`GET /v1/blackout-windows/${id} status: was 200, is 404`));
      assert.match(found, /GET \/v1\/application-classes\/\S+ body.displayName: was "Nextcloud"/);
    });

    async function differencesOf(answers: readonly RecordedAnswer[]): Promise<readonly string[]> {
      const found: string[] = [];
      for (const answer of answers) {
        const as = answer.as === 'acme' ? 'acme' : 'admin';
        const now = await answerOf(as, answer.path, api(as));
        found.push(...differences(answer, now, isAllowed));
      }
      return found;
    }
  });
}

function isAllowed(path: string, field: string): boolean {
  const get = path.replace(/\?.*/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}');
  return mayChange.some((each) => each.get === get && each.field === field);
}

async function rowCounts(pool: Pool): Promise<Readonly<Record<string, number>>> {
  const { rows } = await pool.query(`
    select table_name as name, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from public.%I', table_name), true, true, '')))[1]::text::int as count
    from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> '_prisma_migrations'`);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
