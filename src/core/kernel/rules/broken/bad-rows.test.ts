/** Bad rows are kept apart, until there are so many that the work itself has failed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areTooMany, sift, sifting, throwIfTooMany } from './bad-rows.ts';

test('three bad rows are never too many, more are when they are over half of a batch, and twenty-one always are', () => {
  for (const [bad, of, tooMany] of [
    [0, 0, false],
    [3, 3, false],
    [4, 4, true],
    [4, 7, true],
    [4, 8, false],
    [20, 40, false],
    [20, 39, true],
    [21, 1000, true],
  ] as const)
    assert.equal(areTooMany(bad, of), tooMany, `${bad} of ${of}`);
});

test('too many bad rows are thrown as the error of the first one, fewer are put aside', () => {
  const bad = Array.from({ length: 4 }, (_, n) => ({ item: n, error: new Error(`row ${n}`) }));
  assert.throws(() => throwIfTooMany(bad, 4), /row 0/);
  throwIfTooMany(bad, 8);
});

test('what can be made is made in its order, what cannot is kept with its error, and others go first between items', () => {
  const error = new Error('odd');
  const half = (n: number) => {
    if (n % 2 === 1) throw error;
    return n / 2;
  };
  const expected = {
    made: [0, 1, 2],
    bad: [
      { item: 1, error },
      { item: 3, error },
    ],
  };
  assert.deepEqual(sift([0, 1, 2, 3, 4], half), expected);
  const work = sifting([0, 1, 2, 3, 4], half);
  for (let n = 0; n < 5; n += 1) assert.equal(work.next().done, false);
  assert.deepEqual(work.next(), { done: true, value: expected });
});
