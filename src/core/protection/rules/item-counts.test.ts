/** When a copy counts as too small beside those before it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tooFewItems } from './item-counts.ts';

const words = (last: number, usual: number, count: number) =>
  `The last good copy has ${last} items, under half of ${usual}, the median of the ${count} before it.`;

test('under half of the median of up to five before it, a copy is too small, and both numbers are named', () => {
  assert.equal(tooFewItems([49, 100, 100, 100]), words(49, 100, 3));
  assert.equal(tooFewItems([49, 90, 110, 80, 120]), words(49, 100, 4));
  assert.equal(tooFewItems([50, 100, 100, 100]), undefined);
  assert.equal(tooFewItems([49, 300, 80, 100]), words(49, 100, 3));
  assert.equal(tooFewItems([39, 300, 70, 90, 80]), words(39, 85, 4));
});

test('copies before the last five say nothing any more', () => {
  assert.equal(tooFewItems([10, 12, 12, 12, 12, 12, 500, 500, 500, 500, 500, 500]), undefined);
  assert.equal(tooFewItems([10, 500, 500, 500, 500, 500, 12, 12, 12, 12, 12, 12]), words(10, 500, 5));
});

test('beside fewer than three, or none at all, no copy is too small', () => {
  assert.equal(tooFewItems([1, 100, 100]), undefined);
  assert.equal(tooFewItems([]), undefined);
});
