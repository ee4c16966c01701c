/**
 * Redis is emptied, away, or silent for a minute, and a connector is held for longer than its leases, again and again:
 * it costs seconds. In the end everything that was asked for or came due is in the cluster, once.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { startCluster } from '../../simulator/index.ts';
import { type BreakableProxy, startBreakableProxy } from '../support/breakable-proxy.ts';
import { assertAllApplied, type Landscape, type Place, startLandscape, wantBackup } from '../support/connectors.ts';
import { type OwnRedis, startOwnRedis } from '../support/own-redis.ts';
import { scale } from '../support/scale.ts';
import { setScene } from '../support/scene.ts';
import { startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const flushEverySeconds = 5;
const flushCount = 12;
const awaySeconds = 60;
const recoverySeconds = 30;
const observedSeconds = recoverySeconds + 8;
const lateSeconds = 5;
const answerMs = 3_000;
const lanes = ['one', 'another'];
const heldRounds = scale;
/** Longer than the locks of the queue's jobs (30 s), which are the longest of all leases. */
const heldSeconds = 45;

interface Story extends Pick<Landscape, 'pool' | 'places'> {
  readonly redis: OwnRedis;
  /** Beside the loaded one: of one backup asked for here nothing reminds the queue. */
  readonly quiet: Place;
  readonly wire: BreakableProxy;
  /** A schedule comes due each second, `perSecond` of them, for so long; and requests are made meanwhile. */
  load(options: { readonly seconds: number; readonly perSecond: number; readonly everyMs: number }): Promise<Load>;
  /** How long the oldest delivery has been waiting. */
  lagSeconds(): Promise<number>;
  count(where: string): Promise<number>;
}

interface Load {
  /** The slowest answer since the last time it was asked for. */
  slowestMs(): number;
  /** One more than those that are asked for all the time. */
  ask(place: Place): Promise<unknown>;
  /** Ends the requests, waits for what came due, and finds it all in the cluster, once; returns how many there are. */
  assertAllThere(): Promise<number>;
}

/** The whole service, a Redis of its own, if asked for behind a wire, and a cluster. */
async function begin(t: TestContext, { wired }: { readonly wired: boolean }): Promise<Story> {
  const redis = await startOwnRedis();
  const wire = await startBreakableProxy(redis.url);
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
  const other = await startCluster({ name: 'cluster-prod-2', speed: 200 });
  const service = await startTestService({ backend: 'redis', redisUrl: wired ? wire.url : redis.url });
  const pool = new Pool({ connectionString: service.databaseUrl, max: 2 });
  let loading = true;
  t.after(async () => {
    loading = false;
    await pool.end();
    await service.close();
    await cluster.close();
    await other.close();
    await wire.remove();
    await redis.stop();
  });
  const place: Place = { cluster, ...(await setScene(service.api, cluster)) };
  const quiet: Place = { cluster: other, ...(await setScene(service.api, other, 'cluster-prod-2')) };
  const places = [place, quiet];
  const count = async (where: string): Promise<number> =>
    (await pool.query(`select count(*)::int as count from operation where ${where}`)).rows[0].count;

  return {
    ...{ redis, wire, pool, places, quiet, count },
    async lagSeconds() {
      const { rows } = await pool.query(
        `select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float as lag from operation where owed is not null`,
      );
      return rows[0].lag;
    },
    async load({ seconds, perSecond, everyMs }) {
      const slotCount = seconds * perSecond;
      await seedSlots(pool, place, slotCount, perSecond);
      const wanted: string[] = [];
      let slowestMs = 0;
      const posting = (async () => {
        while (loading) {
          const startedAt = performance.now();
          wanted.push(await wantBackup({ service }, place));
          slowestMs = Math.max(slowestMs, performance.now() - startedAt);
          await sleep(everyMs);
        }
      })();
      posting.catch(() => {});
      return {
        slowestMs() {
          const slowest = slowestMs;
          slowestMs = 0;
          return slowest;
        },
        ask: async (at) => wanted.push(await wantBackup({ service }, at)),
        async assertAllThere() {
          loading = false;
          await posting;
          await until('every slot to be fired', 30, async () => (await count('schedule_id is not null')) >= slotCount);
          await until('every backup to end', 60, async () => (await count(`phase <> 'Succeeded'`)) === 0);
          const { rows } = await pool.query(
            `select count(*)::int as fires, count(distinct schedule_id)::int as schedules,
               coalesce(max(extract(epoch from created_at - scheduled_for)), 0)::float as late
             from operation where schedule_id is not null`,
          );
          const [{ fires, schedules, late }] = rows;
          t.diagnostic(`${fires} slots, the latest fired after ${late.toFixed(1)} s; ${wanted.length} requests`);
          assert.deepEqual({ fires, schedules }, { fires: slotCount, schedules: slotCount });
          assert.ok(late <= lateSeconds, `a slot was fired after ${late} s`);
          assert.equal(await count('true'), slotCount + wanted.length);
          await assertAllApplied({ pool, places }, wanted);
          return slotCount + wanted.length;
        },
      };
    },
  };
}

/** Schedules of the one application, each with one slot, so many a second from the next second but one. */
async function seedSlots(pool: Pool, place: Place, slotCount: number, perSecond: number): Promise<void> {
  await pool.query(
    `insert into schedule (id, organization_id, application_instance_id, cluster_id, name, schedule, time_zone, suspend, cadence,
                           template, next_slot_at, next_fire_at, created_at, updated_at, revision)
     select gen_random_uuid(), organization_id, id, cluster_id, 'each-' || n, '0 0 1 1 *', 'Etc/UTC', false, 'hourly', '{}',
            slot, slot, now(), now(), 1
     from application_instance, generate_series(1, $1::int) n,
          lateral (select date_trunc('second', now()) + (2 + (n - 1) / $2::int) * interval '1 second' as slot) s
     where id = $3`,
    [slotCount, perSecond, place.applicationInstanceId],
  );
}

const ways: readonly {
  readonly what: string;
  readonly wired: boolean;
  leave(story: Story): Promise<void> | void;
  comeBack(story: Story): Promise<void> | void;
}[] = [
  {
    what: 'ended, and started empty',
    wired: false,
    leave: ({ redis }) => redis.stop(),
    comeBack: ({ redis }) => redis.start(),
  },
  {
    what: 'held',
    wired: false,
    leave: ({ redis }) => redis.signal('SIGSTOP'),
    comeBack: ({ redis }) => redis.signal('SIGCONT'),
  },
  { what: 'behind a black hole', wired: true, leave: ({ wire }) => wire.mute(), comeBack: ({ wire }) => wire.mend() },
];

describe('the queue', { concurrency: true }, () => {
  test(`Redis emptied every ${flushEverySeconds} s, ${flushCount} times, under load loses nothing and doubles nothing`, async (t) => {
    const story = await begin(t, { wired: false });
    const flusher = new Redis(story.redis.url);
    t.after(() => flusher.disconnect());
    const seconds = flushEverySeconds * flushCount;
    const load = await story.load({ seconds, perSecond: 2, everyMs: 200 });
    let longest = 0;
    for (let flush = 0; flush < flushCount; flush += 1) {
      const nextAt = performance.now() + flushEverySeconds * 1000;
      while (performance.now() < nextAt) {
        longest = Math.max(longest, await story.lagSeconds());
        await sleep(250);
      }
      await flusher.flushall();
    }
    const total = await load.assertAllThere();
    t.diagnostic(`${total} backups; a delivery waited ${longest.toFixed(1)} s at most`);
    assert.ok(longest <= 2 * lateSeconds, `a delivery waited ${longest} s`);
  });

  for (const { what, wired, leave, comeBack } of ways) {
    test(`with Redis ${what} for ${awaySeconds} s requests are answered and schedules fire, and deliveries are in time again within ${recoverySeconds} s`, async (t) => {
      const story = await begin(t, { wired });
      const load = await story.load({ seconds: awaySeconds + observedSeconds, perSecond: 1, everyMs: 500 });
      await until('deliveries', 30, async () => (await story.count('delivered_at is not null')) >= 5);
      load.slowestMs();
      const before = await story.count('true');
      await leave(story);
      await sleep((awaySeconds * 1000) / 2);
      await load.ask(story.quiet);
      await sleep((awaySeconds * 1000) / 2);
      const slowestMs = load.slowestMs();
      const waited = await story.lagSeconds();
      const made = (await story.count('true')) - before;
      t.diagnostic(`away: ${made} Operations made, the slowest answer after ${slowestMs.toFixed(0)} ms`);
      assert.ok(slowestMs <= answerMs, `an answer took ${slowestMs} ms`);
      assert.ok(waited > awaySeconds / 2, `Redis was not away: the oldest delivery waited only ${waited} s`);

      await comeBack(story);
      const backAt = performance.now();
      const since = () => (performance.now() - backAt) / 1000;
      let inTimeAfter = 0;
      while (since() < observedSeconds) {
        if ((await story.lagSeconds()) > lateSeconds) inTimeAfter = since();
        await sleep(100);
      }
      t.diagnostic(`deliveries in time ${inTimeAfter.toFixed(1)} s after its return`);
      assert.ok(inTimeAfter <= recoverySeconds, `deliveries were late until ${inTimeAfter} s after its return`);
      await load.assertAllThere();
    });
  }

  for (const lane of lanes) {
    test(`${lane} connector that is held for ${heldSeconds} s, longer than its leases, ${heldRounds} time${heldRounds === 1 ? '' : 's'}, writes and sends nothing old, with the queue on redis`, async (t) => {
      const land = await startLandscape({ backend: 'redis', clusterCount: 2 });
      t.after(() => land.close());
      const { places, pool } = land;
      const first = await land.startConnector();
      const heldBy = async (id: string) => (await land.held()).get(id)?.length ?? 0;
      const count = async (where: string): Promise<number> =>
        (await pool.query(`select count(*)::int as count from operation where ${where}`)).rows[0].count;
      const state = async () => {
        const { rows } = await pool.query(
          `select o.id, o.revision, o.phase, o.conditions, o.attempts, o.observed_version,
           (select count(*) from event e where e.operation_id = o.id) as events from operation o order by o.id`,
        );
        return JSON.stringify([rows, ...places.map(({ cluster }) => cluster.list('operations', 'org-myteam'))]);
      };
      const wanted: string[] = [];
      for (let round = 0; round < heldRounds; round += 1) {
        await until('the first to watch both', 30, async () => {
          const held = await heldBy(first.id);
          return held === places.length && (await land.watched()) === places.length;
        });
        for (const { cluster } of places) cluster.inject({ kind: 'mute', verbs: ['patch'], resources: ['operations'] });
        for (const place of places) for (let n = 0; n < 10; n += 1) wanted.push(await wantBackup(land, place));
        await until('calls that hang', 20, async () => (await count('owed is not null and lease_id is not null')) > 1);
        const loggedBefore = first.logged().length;
        first.signal('SIGSTOP');
        const heldAt = performance.now();
        for (const { cluster } of places) cluster.clearFaults();
        const second = await land.startConnector();
        await until('the second to hold both', 30, async () => (await heldBy(second.id)) === places.length);
        await until(
          'every backup to end',
          60,
          async () => (await count(`phase <> 'Succeeded' or owed is not null`)) === 0,
        );
        await until('the hold', heldSeconds, () => performance.now() - heldAt > heldSeconds * 1000);

        const before = await state();
        const continuedAt = Date.now();
        first.signal('SIGCONT');
        await until('the first to notice', 20, () =>
          /leases ran out|another connector watches/.test(first.logged().slice(loggedBefore)),
        );
        await until('the first to share again', 30, async () => (await heldBy(first.id)) === 1);
        assert.ok((await state()) === before, 'the first has written or sent something');
        const sent = places.flatMap(({ cluster }) =>
          cluster.requests.log.filter(
            ({ verb, name, code, at }) =>
              verb === 'patch' && name?.includes('-backup-') === true && code !== 0 && at >= continuedAt,
          ),
        );
        assert.deepEqual(sent, []);
        await assertAllApplied(land, wanted);
        t.diagnostic(`held for ${((performance.now() - heldAt) / 1000).toFixed(1)} s with all that followed`);
        second.signal('SIGTERM');
        await second.ended();
      }
      assert.equal(wanted.length, heldRounds * places.length * 10);
    });
  }
});
