import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type BlameOf, isolate } from './isolate.ts';
import { areTooMany, maxBadCount, sift } from './rules/broken/bad-rows.ts';

class RowError extends Error {}
class LockError extends Error {}
const blameOf: BlameOf = (error) =>
  error instanceof RowError ? 'Row' : error instanceof LockError ? 'Database' : 'Neither';
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Attempts that fail as a transaction with such rows would. */
function batchOf(poisoned: ReadonlySet<number>) {
  const parts: (readonly number[])[] = [];
  const done: number[] = [];
  const attempt = async (part: readonly number[]) => {
    parts.push(part);
    const bad = part.find((item) => poisoned.has(item));
    if (bad !== undefined) throw new RowError(String(bad));
    done.push(...part);
    return { result: part.length, bad: [] };
  };
  return { parts, done, attempt };
}

describe('a batch with bad rows', () => {
  test('is one attempt when none is bad', async () => {
    const { parts, attempt } = batchOf(new Set());
    assert.deepEqual(await isolate(numbers(500), attempt, blameOf), { results: [500], bad: [] });
    assert.equal(parts.length, 1);
  });

  test('has all other rows done, in their order, and names the bad ones with their error', async () => {
    const { parts, done, attempt } = batchOf(new Set([137, 400]));
    const { bad, roleFailure } = await isolate(numbers(500), attempt, blameOf);
    assert.deepEqual(
      done,
      numbers(500).filter((item) => item !== 137 && item !== 400),
    );
    assert.deepEqual(
      bad.map(({ item, error }) => [item, (error as Error).message]),
      [
        [137, '137'],
        [400, '400'],
      ],
    );
    assert.equal(roleFailure, undefined);
    assert.ok(parts.length < 40, `${parts.length} attempts`);
  });

  test('is done for whichever rows are bad, with at most twice as many attempts as rows', async () => {
    const count = fc.integer({ min: 1, max: 60 });
    const property = fc.asyncProperty(count, fc.array(fc.nat(59), { maxLength: 12 }), async (count, poisoned) => {
      const bad = new Set(poisoned.filter((item) => item < count));
      const { parts, done, attempt } = batchOf(bad);
      const isolated = await isolate(numbers(count), attempt, blameOf);
      assert.deepEqual(
        done,
        numbers(count).filter((item) => !bad.has(item)),
      );
      assert.deepEqual(new Set(isolated.bad.map(({ item }) => item)), bad);
      assert.equal(isolated.roleFailure !== undefined, areTooMany(bad.size, count));
      assert.ok(parts.length < 2 * count + 1);
    });
    await fc.assert(property);
  });

  test('is a failure of the work when most rows are bad: the others are done, and it says why', async () => {
    const { done, attempt } = batchOf(new Set([0, 1, 2, 3]));
    const { bad, roleFailure } = await isolate(numbers(6), attempt, blameOf);
    assert.deepEqual(done, [4, 5]);
    assert.equal(bad.length, 4);
    assert.ok(roleFailure instanceof RowError);
  });

  test('of which every row is bad is given up early', async () => {
    const { parts, attempt } = batchOf(new Set(numbers(500)));
    const { bad, roleFailure } = await isolate(numbers(500), attempt, blameOf);
    assert.equal(bad.length, maxBadCount + 1);
    assert.ok(roleFailure instanceof RowError);
    assert.ok(parts.length < 60, `${parts.length} attempts`);
  });

  test('that failed as a whole already goes on with its halves', async () => {
    const { parts, attempt } = batchOf(new Set([3]));
    const { bad } = await isolate(numbers(4), attempt, blameOf, { error: new RowError('all') });
    assert.deepEqual(
      bad.map(({ item }) => item),
      [3],
    );
    assert.deepEqual(parts, [[0, 1], [2, 3], [2], [3]]);
  });

  test('that failed as a whole, and of which no row is left, has failed', async () => {
    const { attempt } = batchOf(new Set());
    await assert.rejects(isolate([], attempt, blameOf, { error: new RowError('all') }), RowError);
  });

  test('takes the bad rows that an attempt has found by itself', async () => {
    const error = new RowError('seven');
    const attempt = async (part: readonly number[]) => ({ result: part.length - 1, bad: [{ item: 7, error }] });
    assert.deepEqual(await isolate(numbers(10), attempt, blameOf), { results: [9], bad: [{ item: 7, error }] });
  });
});

describe('a database that does not let a batch through', () => {
  test('gets the rest at half the size, and puts nothing aside', async () => {
    const parts: number[] = [];
    const attempt = async (part: readonly number[]) => {
      parts.push(part.length);
      if (part.length > 100) throw new LockError();
      return { result: part.length, bad: [] };
    };
    const { results, bad } = await isolate(numbers(400), attempt, blameOf);
    assert.deepEqual(parts, [400, 200, 100, 100, 100, 100]);
    assert.deepEqual(results, [100, 100, 100, 100]);
    assert.deepEqual(bad, []);
  });

  test('ends the round after a few failures one after the other', async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new LockError('busy');
    };
    await assert.rejects(isolate(numbers(400), attempt, blameOf), LockError);
    assert.equal(attempts, 4);
  });
});

test('an error that is due to neither rows nor database ends the round at once', async () => {
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    throw new Error('lease lost');
  };
  await assert.rejects(isolate(numbers(400), attempt, blameOf), /lease lost/);
  assert.equal(attempts, 1);
});

test('what cannot be made is kept apart, and the rest is made', () => {
  const { made, bad } = sift(['1', 'x', '3'], (text) => BigInt(text));
  assert.deepEqual(made, [1n, 3n]);
  assert.deepEqual(
    bad.map(({ item }) => item),
    ['x'],
  );
});
