/** Bounded waits and repeated work leave no timer behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endsWithin, repeat, withTimeout } from './timers.ts';

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

test('work within its time leaves no timer behind, whether it ends well or not', async () => {
  const before = timers();
  assert.equal(await withTimeout(60_000, Promise.resolve(7)), 7);
  await assert.rejects(withTimeout(60_000, Promise.reject(new Error('of its own'))), /of its own/);
  assert.equal(await endsWithin(60_000, Promise.resolve()), true);
  assert.equal(await endsWithin(60_000, Promise.reject(new Error('x'))), true);
  assert.equal(timers(), before);
});

test('work that takes longer than it may is no longer waited for', async () => {
  await assert.rejects(withTimeout(1, new Promise(() => undefined)), /no answer within 1 ms/);
  const alive = setInterval(() => undefined, 1_000);
  assert.equal(await endsWithin(1, new Promise(() => undefined)), false);
  clearInterval(alive);
});

test('repeated work that is stopped runs no more, and leaves no timer behind', async () => {
  const before = timers();
  let runs = 0;
  const second = Promise.withResolvers<void>();
  const repeater = repeat(
    () => (runs < 2 ? 0 : 60_000),
    async () => {
      runs += 1;
      if (runs === 2) second.resolve();
    },
  );
  await second.promise;
  await new Promise(setImmediate);
  assert.equal(timers(), before + 1, 'it waits for the third');
  repeater.stop();
  assert.deepEqual([runs, timers()], [2, before]);
});
