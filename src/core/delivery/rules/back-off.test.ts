/** How long a delivery waits: twice as long with each attempt, 20 s at most, and never less than half of that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffSeconds, maxDelaySeconds } from './back-off.ts';

test('a delivery waits twice as long with each attempt, up to 20 s', () => {
  assert.equal(maxDelaySeconds, 20);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 10, 11, 5_000].map((attempts) => backOffSeconds(attempts, 0)),
    [0.5, 1, 2, 4, 8, 10, 10, 10, 10],
  );
});

test('retries are spread over the upper half of the wait', () => {
  assert.deepEqual(
    [0, 0.25, 0.5, 1].map((chance) => backOffSeconds(3, chance)),
    [4, 5, 6, 8],
  );
});
