import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTls, startCluster } from './index.ts';

test('a hundred clusters share one certificate and schemas, and cost little each', async () => {
  const tls = await makeTls();
  await (await startCluster({ tls })).close();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const clusters = await Promise.all(Array.from({ length: 100 }, () => startCluster({ tls })));
  const milliseconds = performance.now() - begun;
  const bytes = (process.memoryUsage().rss - before) / clusters.length;
  await Promise.all(clusters.map((cluster) => cluster.close()));
  assert.ok(bytes < 1024 * 1024, `${Math.round(bytes / 1024)} KiB a cluster`);
  assert.ok(milliseconds < 10_000, `${Math.round(milliseconds)} ms for a hundred`);
});
