import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptLog } from '../test/support/log.ts';
import { tellSkew } from './skew.ts';

test('a clock that differs from the database by more than 2 s is told, and one that does not is not', async () => {
  const at = Date.parse('2026-05-28T10:00:00.000Z');
  const clock = { now: async () => new Date(at).toISOString() };
  for (const [ahead, told] of [
    [0, false],
    [1_900, false],
    [2_100, true],
    [-3_600_000, true],
  ] as const) {
    const { log, text } = keptLog();
    assert.equal(await tellSkew(clock, log, () => at + ahead), ahead);
    assert.equal(text().includes('differ'), told, `${ahead}`);
  }
});
