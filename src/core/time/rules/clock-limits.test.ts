/** How much clocks may differ, how long a doubt lasts, and what counts as a jump. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClockState, evenlyMs, judgeClock, longestDoubtMs, stateAtStart } from './clock-doubt.ts';
import { type ClockLook, leavesTicks, votesOn } from './clock-votes.ts';

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

  const agreeing = { clocks: [{ name: 'own', aheadMs: 0 }] };
  const outOfStep = (at: number, byMs: number, more: Partial<ClockLook> = {}) =>
    look(at, { databaseMs: start + at + byMs, ...more });

  test('a doubt ends when the clock has agreed for a minute, and is settled after ten, to the millisecond', () => {
    const jumped = outOfStep(second, minute, agreeing);
    const after = (ms: number) => outOfStep(second + ms, minute, agreeing);
    assert.equal(kindAfter(look(0), jumped, after(minute - 1)), 'Doubted');
    assert.equal(kindAfter(look(0), jumped, after(minute)), 'Believed');
    const alone = (ms: number) => outOfStep(second + ms, minute);
    assert.equal(kindAfter(look(0), alone(0), alone(10 * minute - 1)), 'Doubted');
    assert.equal(kindAfter(look(0), alone(0), alone(10 * minute)), 'Disputed');
  });

  test('a jump is one beyond ten seconds and a thousandth of the time between the looks', () => {
    for (const byMs of [10_001, -10_001]) {
      assert.equal(kindAfter(look(0), outOfStep(second, byMs)), 'Believed');
      assert.equal(kindAfter(look(0), outOfStep(second, byMs + Math.sign(byMs))), 'Doubted');
    }
  });

  test('how long ago a look was counts, and not how long the process runs', () => {
    const [at, fifteen] = [8 * hour, 15 * second];
    assert.equal(kindAfter(look(at), outOfStep(at + second, fifteen)), 'Doubted');
  });

  test('while it is in doubt the time runs on evenly from what was believed last, whoever jumped with it', () => {
    const { state } = judgeClock({}, look(0));
    const both = ['own', 'other'].map((name) => ({ name, aheadMs: 0 }));
    const { verdict } = judgeClock(state, outOfStep(second, hour, { clocks: both }));
    assert.deepEqual([verdict.kind, verdict.reason, verdict.correctionMs], ['Doubted', 'Jumped', -hour]);
  });

  test('that it ran on evenly is no witness against two that contradict it', () => {
    const clocks = ['one', 'other'].map((name) => ({ name, aheadMs: hour }));
    const { state } = judgeClock(judgeClock({}, look(0)).state, look(second, { clocks }));
    for (const [byMs, reason] of [
      [0, 'Contradicted'],
      [minute, 'Jumped'],
    ] as const)
      assert.equal(judgeClock(state, outOfStep(2 * second, byMs, { clocks })).verdict.reason, reason);
  });

  test('after a gap one clock that agrees with it does not do beside two that do not', () => {
    const far = ['one', 'other'].map((name) => ({ name, aheadMs: 24 * hour }));
    const verdict = (clocks: ClockLook['clocks']) => {
      const first = look(0, { clocks });
      return judgeClock(stateAtStart(first, 3 * hour), first).verdict;
    };
    const own = { name: 'own', aheadMs: 0 };
    assert.equal(verdict([own, ...far]).kind, 'Doubted');
    assert.equal(verdict([own, ...far.slice(1)]).kind, 'Believed');
    const alone = verdict(far.slice(1));
    assert.deepEqual([alone.kind, alone.correctionMs], ['Doubted', 0], "it is the database's where none has most");
  });

  test('a clock is compared with itself of up to a minute before, and what it showed then is forgotten', () => {
    const [nine, eighteen] = [9 * second, 18 * second];
    const late = outOfStep(minute + second, eighteen);
    assert.equal(kindAfter(look(0), outOfStep(minute - 1, nine), late), 'Doubted');
    assert.equal(kindAfter(look(0), outOfStep(minute, nine), late), 'Believed');
  });

  test('at a start an hour after the last tick is no gap, nor are ten seconds before it', () => {
    const startsAt = (lastTickAgoMs: number | undefined, more: Partial<ClockLook> = {}) => {
      const first = look(0, more);
      return judgeClock(stateAtStart(first, lastTickAgoMs), first).verdict;
    };
    for (const ago of [undefined, hour, -10_000]) assert.equal(startsAt(ago).kind, 'Believed');
    for (const ago of [hour + 1, -10_001]) {
      assert.deepEqual(startsAt(ago), {
        ...{ kind: 'Doubted', reason: 'Gap', correctionMs: 0 },
        message:
          "The database's clock is far from the last tick, and no other clock has confirmed it for a minute. Nothing agrees with it.",
      });
      assert.equal(startsAt(ago, agreeing).kind, 'Believed', 'another clock confirms it');
    }
  });

  test('the last tick speaks for a clock from ten seconds before it to an hour after it', () => {
    // The database is two hours late, and another clock is so far ahead of it.
    const kind = (aheadMs: number) => {
      const first = look(0, { clocks: [{ name: 'own', aheadMs }] });
      return judgeClock(stateAtStart(first, -2 * hour), first).verdict.message;
    };
    const spoken = /By own, the last tick it is/;
    for (const aheadMs of [2 * hour - 10_000, 3 * hour]) assert.match(kind(aheadMs), spoken);
    for (const aheadMs of [2 * hour - 10_001, 3 * hour + 1]) assert.doesNotMatch(kind(aheadMs), spoken);
  });

  test('a verdict says which clocks contradict, by how much, and which agree', () => {
    const clocks = [...[1, 2, 3].map((n) => ({ name: `far-${n}`, aheadMs: -minute })), { name: 'near', aheadMs: 500 }];
    const judged = judgeClock({}, look(0, { clocks }));
    assert.deepEqual(judged, {
      state: {
        ...{ ranOnOffset: undefined, comparedWith: { at: 0, offset: start, uncertainMs: 0 } },
        doubt: { reason: 'Contradicted', since: 0, evenSince: undefined },
      },
      verdict: {
        ...{ kind: 'Doubted', reason: 'Contradicted', correctionMs: -minute },
        message:
          "Other clocks contradict the database's. By far-1, far-2, far-3 it is 60 s earlier. It agrees with: near.",
      },
    });
    assert.equal(judgeClock({}, look(0, { clocks: clocks.slice(1) })).verdict.kind, 'Believed', 'two against two');
    assert.deepEqual(judgeClock({}, look(5)), {
      state: { ranOnOffset: start, comparedWith: { at: 5, offset: start, uncertainMs: 0 } },
      verdict: { kind: 'Believed', message: '', correctionMs: 0 },
    });
    const before = { ranOnOffset: start + hour, comparedWith: { at: 0, offset: start + hour, uncertainMs: 0 } };
    assert.equal(
      judgeClock(before, look(0)).verdict.message,
      "The database's clock has jumped. By the time before the jump it is 3600 s later. Nothing agrees with it.",
    );
  });
});

test('a process whose clock is wrong leaves its ticks to one that ticked within six seconds, by its two seconds', () => {
  const leaves = (own: number, last = 0, agoMs = 0) =>
    leavesTicks({ atMs: start, processId: 'other', aheadMs: last }, { processId: 'own', aheadMs: own }, start + agoMs);
  for (const sign of [1, -1]) {
    assert.deepEqual([leaves(sign * 2_000), leaves(sign * 2_001)], [false, true]);
    assert.deepEqual([leaves(hour, sign * 2_000), leaves(hour, sign * 2_001)], [true, false]);
    assert.deepEqual([leaves(hour, 0, sign * 6_000), leaves(hour, 0, sign * 6_001)], [true, false]);
  }
});
