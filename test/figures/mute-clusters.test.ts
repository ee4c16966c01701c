/**
 * Clusters that are mute while others are well. The connector and the clusters are processes of their own; times are the
 * database's. What compares speeds is measured in turn and the best of three rounds counts: the machine may have more to
 * do than this.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredProcess } from '../support/connector-process.ts';
import { allWatched, connect, type Landscape, owe, owedCount, setLandscape } from '../support/landscape.ts';
import { until } from '../support/until.ts';

/** What is asserted is the requirement, looked for this much longer. */
const patienceSeconds = 30;

for (const { count, muteCount } of [
  { count: 200, muteCount: 20 },
  { count: 250, muteCount: 150 },
])
  describe(`${count} clusters, of which ${muteCount} are mute`, () => {
    const mute = Array.from({ length: muteCount }, (_, i) => i);
    const offeredSeconds = 6;
    const turns = 4;
    let landscape: Landscape;
    let connector: MeasuredProcess;
    before(async () => {
      landscape = await setLandscape({ count });
      connector = connect(landscape);
      await allWatched(landscape);
      // What follows a start is no part of what the clusters have alone.
      await until('the clusters to be looked at', 120, async () => {
        const { rows } = await landscape.pool.query('select count(*)::int as n from cluster where discovery is null');
        return rows[0].n === 0;
      });
    });
    after(async () => {
      await connector?.stop();
      await landscape?.close();
    });

    /** Owes each of these one Operation a second; what the healthy have two seconds after the last is what counts. */
    async function offer(clusters: readonly string[], healthy: readonly string[]) {
      const { pool } = landscape;
      await pool.query('truncate operation, fire, event cascade');
      const startedAt = performance.now();
      for (let turn = 0; turn < offeredSeconds * turns; turn += 1) {
        await sleep(Math.max(0, startedAt + (turn * 1000) / turns - performance.now()));
        const chosen = clusters.filter((_, i) => i % turns === turn % turns);
        await owe(pool, chosen, chosen.length);
      }
      await sleep(2_000);
      const { rows } = await pool.query(
        `select count(delivered_at)::int as delivered,
              percentile_cont(0.99) within group (order by extract(epoch from coalesce(delivered_at, now()) - created_at))::float8 as p99
       from operation where cluster_id = any($1::uuid[]) and origin = 'request'`,
        [healthy],
      );
      return { perSecond: rows[0].delivered / offeredSeconds, p99: rows[0].p99 };
    }

    test('the healthy keep 99 % of throughput and 1.5 times p99, and the mute ones get theirs within 35 s', async (t) => {
      const { clusterIds, many, pool } = landscape;
      const [ill, healthy] = [clusterIds.slice(0, mute.length), clusterIds.slice(mute.length)];
      await offer(healthy, healthy);
      let kept = false;
      for (let round = 0; round < 3 && !kept; round += 1) {
        await many.clear(mute);
        const alone = await offer(healthy, healthy);
        await many.strike(mute, { kind: 'mute' });
        const beside = await offer(clusterIds, healthy);
        const [throughput, p99] = [beside.perSecond / alone.perSecond, beside.p99 / alone.p99];
        t.diagnostic(
          `alone ${alone.perSecond.toFixed(1)}/s, p99 ${alone.p99.toFixed(2)} s; beside the mute ones ${beside.perSecond.toFixed(1)}/s, p99 ${beside.p99.toFixed(2)} s`,
        );
        // A round in which the machine did not even let the healthy keep pace alone proves nothing.
        kept = alone.perSecond >= 0.99 * healthy.length && throughput >= 0.99 && p99 <= 1.5;
      }
      assert.ok(kept, 'the healthy clusters suffered in each round');

      const told = await until('a call to each mute cluster to end', 15 + patienceSeconds, async () => {
        const { rows } = await pool.query(
          `select count(*)::int as count, max(seconds)::float8 as seconds from (
           select min(extract(epoch from (c->>'lastTransitionTime')::timestamptz - created_at)) as seconds
           from operation, jsonb_array_elements(conditions) c
           where cluster_id = any($1::uuid[]) and c->>'type' = 'Delivered' group by cluster_id) first_calls`,
          [ill],
        );
        return rows[0].count === ill.length && rows[0].seconds;
      });
      t.diagnostic(`calls to mute clusters ended, and were recorded, ${told.toFixed(1)} s after they were owed`);
      assert.ok(told <= 18, `a call of 15 s, with the way to it, took ${told.toFixed(1)} s`);

      await many.clear(mute);
      const recoveredAt = performance.now();
      await until('what is owed to be delivered', 35 + patienceSeconds, async () => (await owedCount(pool, ill)) === 0);
      const seconds = (performance.now() - recoveredAt) / 1000;
      t.diagnostic(`what was owed was delivered ${seconds.toFixed(1)} s after the recovery`);
      assert.ok(seconds <= 35, `delivered only after ${seconds.toFixed(1)} s`);
    });
  });
