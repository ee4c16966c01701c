import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachOf } from './each-of.ts';

/** Work that ends when the test says so. */
function held() {
  const begun: number[] = [];
  const under = new Map<number, PromiseWithResolvers<void>>();
  const work = async (item: number) => {
    begun.push(item);
    const ending = Promise.withResolvers<void>();
    under.set(item, ending);
    await ending.promise.finally(() => under.delete(item));
  };
  const turns = async () => {
    for (let turn = 0; turn < 20; turn += 1) await undefined;
  };
  return {
    begun,
    work,
    async end(item: number) {
      under.get(item)?.resolve();
      await turns();
    },
    async fail(item: number, error: Error) {
      under.get(item)?.reject(error);
      await turns();
    },
  };
}

test('no more than the limit run at a time, the next begins in order as soon as one ends, and none is left out', async () => {
  const { begun, work, end } = held();
  let ended = false;
  const all = eachOf(new Set([1, 2, 3, 4]), 2, work).then(() => {
    ended = true;
  });
  assert.deepEqual(begun, [1, 2]);
  await end(2);
  assert.deepEqual(begun, [1, 2, 3]);
  await end(3);
  assert.deepEqual(begun, [1, 2, 3, 4]);
  await end(4);
  assert.ok(!ended, 'one is still under way');
  await end(1);
  await all;
});

test('after a failure nothing further begins, and the first error comes once what was under way has ended', async () => {
  const { begun, work, end, fail } = held();
  const outcome: unknown[] = [];
  const all = eachOf([1, 2, 3, 4, 5, 6], 3, work).catch((error: unknown) => outcome.push(error));
  const first = new Error('the first');
  await fail(2, first);
  await fail(3, new Error('a later one'));
  assert.deepEqual(outcome, [], 'one is still under way');
  await end(1);
  await all;
  assert.deepEqual(outcome, [first]);
  assert.deepEqual(begun, [1, 2, 3]);
});

test('nothing to do ends at once, and fewer items than the limit are no matter', async () => {
  const seen: string[] = [];
  await eachOf([], 8, async () => assert.fail('there is no item'));
  await eachOf(['a', 'b'], 8, async (item) => seen.push(item));
  assert.deepEqual(seen, ['a', 'b']);
});
