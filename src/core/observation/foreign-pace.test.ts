import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignPace } from './foreign-pace.ts';

function paced() {
  let now = 0;
  const waits: number[] = [];
  const pace = foreignPace(
    () => now,
    async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
  );
  return { pace, waits, pass: (milliseconds: number) => (now += milliseconds) };
}

test('a cluster of 5,000 Operations of others is taken in at once, and an endless one at 250 a second', async () => {
  const { pace, waits } = paced();
  for (let batch = 0; batch < 10; batch += 1) await pace(500);
  assert.deepEqual(waits, []);
  for (let batch = 0; batch < 20; batch += 1) await pace(500);
  assert.deepEqual(waits, Array(20).fill(2_000));
});

test('a watch that has been quiet for long may bring a burst again, and no more', async () => {
  const { pace, waits, pass } = paced();
  await pace(5_000);
  pass(3_600_000);
  await pace(5_000);
  assert.deepEqual(waits, []);
  await pace(1);
  assert.deepEqual(waits, [4]);
});

test('a batch of any size holds its watch up for ten seconds at most', async () => {
  const { pace, waits } = paced();
  await pace(1_000_000);
  assert.deepEqual(waits, [10_000]);
});
