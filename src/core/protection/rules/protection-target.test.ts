import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoizedPeriod, targetOf } from './protection-target.ts';

const periodOf = memoizedPeriod();

describe('the target of the recovery point', () => {
  for (const [expression, hours] of [
    ['* * * * *', 1 / 60],
    ['*/15 * * * *', 0.25],
    ['@hourly', 1],
    ['0 2 * * *', 24],
    ['0 2 * * 1-5', 72],
    ['*/5 9-17 * * 1-5', 63 + 5 / 60],
    ['@weekly', 168],
    ['0 2 1 * *', 31 * 24],
    ['0 0 30 2 *', undefined],
  ] as const) {
    test(`the longest wait of ${expression} is ${hours} h`, () => {
      assert.equal(periodOf(expression), hours === undefined ? undefined : hours * 3600);
    });
  }

  test("is the class's, else twice the period of what fires most often, else none", () => {
    assert.deepEqual(targetOf(900, ['@daily'], periodOf), { seconds: 900, source: 'applicationClass' });
    assert.deepEqual(targetOf(undefined, ['@weekly', '@hourly', '@daily'], periodOf), {
      seconds: 7200,
      source: 'schedules',
    });
    assert.equal(targetOf(undefined, [], periodOf), undefined);
  });
});
