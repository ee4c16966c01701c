/**
 * Many clusters on one connector. The bounds are the product's requirements, measured by the kernel's account of the
 * connector's process and by the database's of the rows; the clusters are simulated in a process of their own. One
 * repetition before a failure: the machine has two cores for everything.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Landscape, owe, setLandscape, watchedCount } from '../support/landscape.ts';
import { until } from '../support/until.ts';

describe('a thousand clusters', () => {
  const count = 1_000;
  let landscape: Landscape;
  before(async () => {
    landscape = await setLandscape({ count });
  });
  after(() => landscape?.close());

  test('are all watched by one process within 60 s, in less than 1 GiB, with an idle tenth of a core', async (t) => {
    const startedAt = performance.now();
    const connector = connect(landscape);
    try {
      await until('all to be watched', 120, async () => (await watchedCount(landscape.pool)) === count);
      const seconds = (performance.now() - startedAt) / 1000;
      t.diagnostic(`all watched after ${seconds.toFixed(1)} s, ${connector.cpu().toFixed(1)} s of CPU`);
      // What follows a start (discovery, first collections) is not idling.
      await until('the clusters to be looked at', 180, async () => {
        const { rows } = await landscape.pool.query('select count(*)::int as n from cluster where discovery is null');
        return rows[0].n === 0;
      });
      await sleep(10_000);
      const before = connector.cpu();
      await sleep(60_000);
      const cores = (connector.cpu() - before) / 60;
      const memory = connector.memory();
      const descriptors = connector.descriptorCount();
      t.diagnostic(`idle: ${cores.toFixed(3)} cores, ${memory.toFixed(0)} MiB, ${descriptors} descriptors`);
      assert.ok(seconds <= 60, `all watched only after ${seconds.toFixed(1)} s`);
      assert.ok(memory < 1024, `${memory.toFixed(0)} MiB`);
      assert.ok(cores < 0.1, `${cores.toFixed(3)} cores`);
      assert.ok(descriptors <= 3 * count + 100, `${descriptors} descriptors`);
    } finally {
      await connector.stop();
    }
  });
});

describe('a hundred clusters, of which ten are dead and ten are slow', () => {
  const count = 100;
  const dead = Array.from({ length: 10 }, (_, i) => i);
  const slow = Array.from({ length: 10 }, (_, i) => 10 + i);
  const operationCount = 5_000;
  let landscape: Landscape;
  before(async () => {
    landscape = await setLandscape({ count });
  });
  after(() => landscape?.close());

  /** Makes Operations as the scheduler does, for these clusters by turns; says how long until the healthy have theirs. */
  async function deliverySeconds(clusters: readonly string[], healthy: readonly string[], total: number) {
    const { pool } = landscape;
    await pool.query('truncate operation, fire, event cascade');
    await owe(pool, clusters, total);
    const startedAt = performance.now();
    await until('the healthy clusters to have theirs', 300, async () => {
      const { rows } = await pool.query(
        'select count(*)::int as n from operation where cluster_id = any($1::uuid[]) and uid is null',
        [healthy],
      );
      return rows[0].n === 0;
    });
    return (performance.now() - startedAt) / 1000;
  }

  test('the eighty others get their 5,000 Operations within a tenth of the time that they need alone', async (t) => {
    const connector = connect(landscape);
    try {
      await until('all to be watched', 120, async () => (await watchedCount(landscape.pool)) === count);
      const { clusterIds, many } = landscape;
      const healthy = clusterIds.slice(20);
      await deliverySeconds(healthy, healthy, operationCount);
      const ratios: number[] = [];
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const alone = await deliverySeconds(healthy, healthy, operationCount);
        await many.strike(dead, { kind: 'unreachable', mode: 'blackHole' });
        await many.strike(slow, { kind: 'slow', ms: 2_000 });
        const total = (operationCount * count) / healthy.length;
        const beside = await deliverySeconds(clusterIds, healthy, total);
        await many.clear([...dead, ...slow]);
        ratios.push(beside / alone);
        t.diagnostic(
          `alone ${alone.toFixed(2)} s, beside the ill ones ${beside.toFixed(2)} s: ${(beside / alone).toFixed(2)}`,
        );
        await sleep(5_000);
      }
      const best = ratios.toSorted((a, b) => a - b)[1] ?? Number.NaN;
      assert.ok(best <= 1.1, `the ratios were ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
    } finally {
      await connector.stop();
    }
  });
});
