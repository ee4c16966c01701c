import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClusters } from './index.ts';
import { text } from './json.ts';
import { apply, call, OPERATIONS, operation, until } from './testing.ts';

const COUNT = 1_000;

test(`${COUNT} clusters start in one process, cost little each, are apart from each other and idle without timers`, async (context) => {
  await (await startClusters(1)).close();
  globalThis.gc?.();
  const before = process.memoryUsage();
  const begun = performance.now();
  const many = await startClusters(COUNT, { speed: 400 });
  context.after(() => many.close());
  const milliseconds = performance.now() - begun;
  const { clusters } = many;
  globalThis.gc?.();
  const bytes = (process.memoryUsage().rss - before.rss) / COUNT;
  context.diagnostic(
    `${Math.round(bytes / 1024)} KiB of memory a cluster, ${Math.round(milliseconds)} ms for ${COUNT}`,
  );
  assert.ok(bytes < 512 * 1024, `${Math.round(bytes / 1024)} KiB a cluster`);
  assert.ok(milliseconds < 60_000, `${Math.round(milliseconds)} ms for ${COUNT}`);

  const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  await until('nothing to do', () => timers() < 10, 20_000);
  const [first, last] = [clusters[0], clusters.at(-1)];
  assert.ok(first !== undefined && last !== undefined);
  assert.equal((await apply(first, operation('of-the-first'))).code, 201);
  assert.equal((await call(last, 'GET', `${OPERATIONS}/of-the-first`)).code, 404);
  assert.equal((await call(last, 'GET', OPERATIONS, { token: first.adminToken })).code, 401);
  const phase = (): string => text(Object(first.get('operations', 'org-myteam', 'of-the-first')), 'status', 'phase');
  await until('the end of its backup', () => phase() === 'Succeeded', 20_000);
  first.inject({ kind: 'certificate', problem: 'expired' });
  await assert.rejects(call(first, 'GET', '/version'), { code: 'CERT_HAS_EXPIRED' });
  assert.equal((await call(last, 'GET', '/version')).code, 200);
});
