/** How much clocks may differ, how long a doubt lasts, and what counts as a jump. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClockState, evenlyMs, judgeClock, longestDoubtMs } from './clock-doubt.ts';
import { type ClockLook, votesOn } from './clock-votes.ts';

const [second, minute, hour] = [1_000, 60_000, 3_600_000];
const start = Date.parse('2026-05-28T10:00:00.000Z');

test('clocks agree within ten seconds, and the largest group that agrees on another time counts', () => {
  const clocks = [9_000, -10_000, 3_600_000, 3_604_000, -86_400_000].map((aheadMs) => ({
    name: `${aheadMs}`,
    aheadMs,
  }));
  assert.deepEqual(votesOn({ uncertainMs: 0 }, clocks), {
    forDatabase: ['9000', '-10000'],
    against: ['3600000', '3604000'],
    aheadMs: 3_600_000,
  });
  assert.equal(votesOn({ uncertainMs: 0 }, [...clocks, { name: 'late', aheadMs: 3_606_000 }]).aheadMs, 3_604_000);
  assert.deepEqual(votesOn({ uncertainMs: 3_000 }, [{ name: 'own', aheadMs: -12_000 }]).forDatabase, ['own']);
});

describe('limits', () => {
  const look = (at: number, more: Partial<ClockLook> = {}): ClockLook => {
    return { at, databaseMs: start + at, uncertainMs: 0, clocks: [], ...more };
  };
  const kindAfter = (...looks: ClockLook[]) => {
    let state: ClockState = {};
    let kind: string | undefined;
    for (const each of looks) {
      const judged = judgeClock(state, each);
      state = judged.state;
      kind = judged.verdict.kind;
    }
    return kind;
  };

  test('a minute of agreement ends a doubt, and ten minutes end the rest', () => {
    assert.deepEqual([evenlyMs, longestDoubtMs], [minute, 10 * minute]);
  });

  test('ten seconds are a jump, unless the answers took so long that nobody can tell', () => {
    assert.equal(kindAfter(look(0), look(second, { databaseMs: start + 10.9 * second })), 'Believed');
    const jumped = { databaseMs: start + 12 * second };
    assert.equal(kindAfter(look(0), look(second, jumped)), 'Doubted');
    assert.equal(kindAfter(look(0), look(second, { ...jumped, uncertainMs: 2 * second })), 'Believed');
    assert.equal(kindAfter(look(0, { uncertainMs: 2 * second }), look(second, jumped)), 'Believed');
  });

  test('a clock that is corrected gently for hours without a look has not jumped', () => {
    assert.equal(kindAfter(look(0), look(8 * hour, { databaseMs: start + 8 * hour + 20 * second })), 'Believed');
    assert.equal(kindAfter(look(0), look(8 * hour, { databaseMs: start + 8 * hour + minute })), 'Doubted');
  });
});
