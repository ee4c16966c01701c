/** How far batches overlap, and what a failing one does to the others. Each test ends batches in the order that it wants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { overlapBatches } from './overlap.ts';

/** Batches that stay under way until the test decides, ends or breaks them; what was done so far is in `log`. */
function batches() {
  const log: string[] = [];
  const begun: { decide(full: boolean): void; end(): void; fail(): void }[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const done = overlapBatches(async (decided) => {
    const number = begun.length + 1;
    const ending = Promise.withResolvers<number>();
    begun.push({
      decide: decided,
      end: () => ending.resolve(number),
      fail: () => ending.reject(new Error(`batch ${number}`)),
    });
    log.push(`begin ${number}`);
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    return ending.promise.finally(() => {
      underWay -= 1;
      log.push(`end ${number}`);
    });
  });
  // Each test looks at `done` when its batches have ended; a failure that comes earlier is not unhandled.
  done.catch(() => undefined);
  /** Does something with a batch, and lets all follow that follows from it. */
  const batch = async (number: number, act: 'full' | 'last' | 'end' | 'fail') => {
    const which = begun[number - 1];
    assert.ok(which, `batch ${number} has not begun`);
    if (act === 'end') which.end();
    else if (act === 'fail') which.fail();
    else which.decide(act === 'full');
    await turn();
  };
  return { done, log, batch, mostUnderWay: () => mostUnderWay };
}

test('the next batch is claimed once this one is decided, and while this one is being written', async () => {
  const { done, log, batch } = batches();
  await turn();
  assert.deepEqual(log, ['begin 1']);
  await batch(1, 'full');
  assert.deepEqual(log, ['begin 1', 'begin 2']);
  await batch(2, 'last');
  await batch(1, 'end');
  await batch(2, 'end');
  assert.deepEqual(await done, [1, 2]);
});

test('never are more than two batches under way: a third waits until the first has ended', async () => {
  const { done, log, batch, mostUnderWay } = batches();
  await batch(1, 'full');
  await batch(2, 'full');
  assert.deepEqual(log, ['begin 1', 'begin 2']);
  await batch(1, 'end');
  assert.deepEqual(log, ['begin 1', 'begin 2', 'end 1', 'begin 3']);
  await batch(3, 'full');
  await batch(3, 'end');
  assert.deepEqual(log.slice(4), ['end 3'], 'a fourth waits for the second, even when the third has ended');
  await batch(2, 'end');
  await batch(4, 'last');
  await batch(4, 'end');
  assert.deepEqual(await done, [1, 2, 3, 4]);
  assert.equal(mostUnderWay(), 2);
});

test('no batch follows one that is not full, or that ends without a word', async () => {
  const last = batches();
  await last.batch(1, 'last');
  assert.deepEqual(last.log, ['begin 1']);
  await last.batch(1, 'end');
  assert.deepEqual(await last.done, [1]);
  const nothing = batches();
  await nothing.batch(1, 'end');
  assert.deepEqual(await nothing.done, [1]);
  assert.deepEqual(nothing.log, ['begin 1', 'end 1']);
});

test('what a batch says again, because its transaction began again, changes nothing', async () => {
  const { done, log, batch } = batches();
  await batch(1, 'full');
  await batch(1, 'last');
  await batch(1, 'full');
  assert.deepEqual(log, ['begin 1', 'begin 2']);
  await batch(1, 'end');
  await batch(2, 'end');
  assert.deepEqual(await done, [1, 2]);
});

test('a batch that fails takes no other with it: those under way end before the failure is thrown, and none begins', async () => {
  const { done, log, batch } = batches();
  await batch(1, 'full');
  await batch(2, 'full');
  await batch(1, 'end');
  await batch(3, 'full');
  await batch(2, 'fail');
  const pending = Symbol('pending');
  assert.equal(await Promise.race([done.catch((error: unknown) => error), turn(pending)]), pending);
  await batch(3, 'end');
  await assert.rejects(done, /^Error: batch 2$/);
  assert.deepEqual(log, ['begin 1', 'begin 2', 'end 1', 'begin 3', 'end 2', 'end 3']);
});

test('a batch that fails before it is decided is the last, and the one before it still ends', async () => {
  const { done, log, batch } = batches();
  await batch(1, 'full');
  await batch(2, 'fail');
  await batch(1, 'end');
  await assert.rejects(done, /^Error: batch 2$/);
  assert.deepEqual(log, ['begin 1', 'begin 2', 'end 2', 'end 1']);
});

test('of two failures the one of the earlier batch is thrown', async () => {
  const { done, batch } = batches();
  await batch(1, 'full');
  await batch(2, 'fail');
  await batch(1, 'fail');
  await assert.rejects(done, /^Error: batch 1$/);
});
