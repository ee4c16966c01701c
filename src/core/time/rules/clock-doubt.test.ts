/**
 * Clocks that jump, stand still and disagree, for half an hour of looks each. What must hold: work goes on by the right
 * time only, as long as something shows it; and it stands still for a minute, or for ten, and no longer.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClockState, evenlyMs, judgeClock, longestDoubtMs, stateAtStart } from './clock-doubt.ts';
import { type ClockReading, leavesTicks } from './clock-votes.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
const start = Date.parse('2026-05-28T10:00:00.000Z');
const runMs = 30 * minute;
/** When the first jump comes, after the start. */
const jumpAt = 3 * minute;

/** A clock that is wrong by `byMs` between two moments of the run. */
interface Wrong {
  readonly byMs: number;
  readonly from: number;
  readonly until: number;
}
const shown = (wrongs: readonly Wrong[], at: number) =>
  start + at + wrongs.filter(({ from, until }) => at >= from && at < until).reduce((sum, { byMs }) => sum + byMs, 0);

interface Run {
  readonly database?: readonly Wrong[];
  /** The other clocks: this process' own first. */
  readonly others: readonly (readonly Wrong[])[];
  /** From the last tick until the start. */
  readonly lastTickAgoMs?: number;
  readonly standsStillFrom?: number;
  readonly from?: number;
  readonly everyMs?: number;
}

interface Seen {
  readonly at: number;
  readonly kind: string;
  /** How far the time that rules go by is from the right one. */
  readonly wrongMs: number;
}

function run({ database = [], others, lastTickAgoMs, standsStillFrom, from = 0, everyMs = second }: Run): Seen[] {
  const seen: Seen[] = [];
  let state: ClockState | undefined;
  for (let at = from; at < runMs; at += everyMs) {
    const databaseMs = shown(database, Math.min(at, standsStillFrom ?? at));
    const clocks = others.map((wrongs, n): ClockReading => ({ name: `${n}`, aheadMs: shown(wrongs, at) - databaseMs }));
    // The monotonic clock began somewhere else, and runs a little fast.
    const look = { at: 77 + at * 1.00005, databaseMs, uncertainMs: 3, clocks };
    state ??= stateAtStart(look, lastTickAgoMs === undefined ? undefined : databaseMs - start - from + lastTickAgoMs);
    const judged = judgeClock(state, look);
    state = judged.state;
    seen.push({ at, kind: judged.verdict.kind, wrongMs: databaseMs + judged.verdict.correctionMs - (start + at) });
  }
  return seen;
}

const heldMs = (seen: readonly Seen[]) => seen.filter(({ kind }) => kind === 'Doubted').length * second;
/** So long, or for one look more. */
const assertHeld = (seen: readonly Seen[], ms: number, words?: string) =>
  assert.ok(heldMs(seen) - ms >= 0 && heldMs(seen) - ms <= second, `${words ?? ''} ${heldMs(seen)} ms`);
const mostWrong = (seen: readonly Seen[]) =>
  Math.max(...seen.filter(({ kind }) => kind !== 'Doubted').map(({ wrongMs }) => Math.abs(wrongMs)));
const kindAt = (seen: readonly Seen[], at: number) => seen.find((each) => each.at >= at)?.kind;

const right: readonly Wrong[] = [];
const wrongBy = (byMs: number, until: number, from = jumpAt): readonly Wrong[] => [{ byMs, from, until }];
const lengths = [minute, hour, day, 7 * day].flatMap((length) => [length, -length]);
const signed = (ms: number) => `${ms > 0 ? 'ahead' : 'back'} by ${Math.abs(ms) / second} s`;

describe('a jump of a clock', () => {
  for (const byMs of lengths) {
    for (const replicas of [1, 3]) {
      const everybody = Array.from({ length: replicas }, () => right);
      const name = `${signed(byMs)}, ${replicas === 1 ? 'one process' : 'three processes'}`;

      test(`of the database for 25 s: work rests until a minute after, and goes by no wrong time: ${name}`, () => {
        const seen = run({ database: wrongBy(byMs, jumpAt + 25 * second), others: everybody });
        assert.ok(mostWrong(seen) < second, `${mostWrong(seen)} ms`);
        assertHeld(seen, 25 * second + evenlyMs);
        assert.equal(kindAt(seen, jumpAt), 'Doubted');
        assert.equal(seen.at(-1)?.kind, 'Believed');
      });

      test(`of the database for good: after ten minutes work goes on by the right time, and it is reported: ${name}`, () => {
        const seen = run({ database: wrongBy(byMs, runMs), others: everybody });
        assert.ok(mostWrong(seen) < second, `${mostWrong(seen)} ms`);
        assertHeld(seen, longestDoubtMs);
        assert.equal(seen.at(-1)?.kind, 'Disputed');
      });

      test(`of the database, that is put right after twenty minutes: it is believed again: ${name}`, () => {
        const seen = run({ database: wrongBy(byMs, jumpAt + 20 * minute), others: everybody });
        assert.ok(mostWrong(seen) < second, `${mostWrong(seen)} ms`);
        assertHeld(seen, longestDoubtMs);
        assert.equal(seen.at(-1)?.kind, 'Believed');
      });

      test(`of this process: nothing rests: ${name}`, () => {
        for (const until of [jumpAt + 25 * second, runMs]) {
          const seen = run({ others: [wrongBy(byMs, until), ...everybody.slice(1)] });
          assert.equal(heldMs(seen), 0);
          assert.ok(mostWrong(seen) < second);
        }
      });

      test(`of the database, in a process whose own clock was wrong already: no wrong time is gone by: ${name}`, () => {
        for (const until of [jumpAt + 25 * second, runMs]) {
          const own = wrongBy(-5 * hour, runMs, 0);
          const seen = run({ database: wrongBy(byMs, until), others: [own, ...everybody.slice(1)] });
          assert.ok(mostWrong(seen) < second, `${mostWrong(seen)} ms`);
          assert.ok(heldMs(seen) <= longestDoubtMs);
        }
      });
    }

    test(`of the database again and again: work rests for ten minutes at most, and goes by no wrong time: ${signed(byMs)}`, () => {
      const database = Array.from({ length: 12 }, (_, n) => ({
        byMs,
        from: jumpAt + 2 * n * minute,
        until: jumpAt + (2 * n + 1) * minute,
      }));
      for (const own of [right, wrongBy(-5 * hour, runMs, 0)]) {
        const seen = run({ database, others: [own] });
        assert.ok(mostWrong(seen) < second, `${mostWrong(seen)} ms`);
        assertHeld(seen, longestDoubtMs);
      }
    });

    test(`of this process and the database together, as after a sleep: work rests for a minute: ${signed(byMs)}`, () => {
      const once = wrongBy(byMs, runMs);
      const seen = run({ database: once, others: [once] });
      assertHeld(seen, evenlyMs);
      assert.equal(seen.at(-1)?.kind, 'Believed');
      const twice = [...once, ...wrongBy(byMs, runMs, jumpAt + 30 * second)];
      assertHeld(run({ database: twice, others: [twice] }), 30 * second + evenlyMs);
    });

    test(`of the database for 25 s, in a process whose own clock is wrong: a minute after, as in any other: ${signed(byMs)}`, () => {
      const seen = run({ database: wrongBy(byMs, jumpAt + 25 * second), others: [wrongBy(-5 * hour, runMs, 0)] });
      assertHeld(seen, 25 * second + evenlyMs);
    });
  }

  test('is seen when the database was asked rarely; a leap second and a gentle correction are none', () => {
    const rarely = run({ database: wrongBy(hour, runMs), others: [right], everyMs: 5 * minute });
    assert.equal(kindAt(rarely, jumpAt), 'Doubted');
    const corrected = Array.from({ length: 30 }, (_, n) => ({ byMs: 30, from: n * minute, until: runMs }));
    assert.equal(heldMs(run({ database: corrected, others: [right] })), 0);
    for (const byMs of [second, -second])
      assert.equal(heldMs(run({ database: wrongBy(byMs, runMs), others: [right] })), 0);
  });

  test('a clock that stands still is doubted within seconds', () => {
    const seen = run({ others: [right], standsStillFrom: jumpAt });
    assert.equal(kindAt(seen, jumpAt + 12 * second), 'Doubted');
    assert.ok(mostWrong(seen) <= 12 * second, `${mostWrong(seen)} ms`);
  });
});

describe('clocks that differ all the time', () => {
  test('one other contradicts: the database is believed', () => {
    for (const byMs of lengths) assert.equal(heldMs(run({ others: [wrongBy(byMs, runMs, 0)] })), 0);
  });

  test('others that contradict each other as well as the database prove nothing', () => {
    const seen = run({ others: [wrongBy(hour, runMs, 0), wrongBy(-hour, runMs, 0), right] });
    assert.equal(heldMs(seen), 0);
  });

  test('two that agree with each other contradict: it is doubted, and after ten minutes they are right', () => {
    for (const byMs of lengths) {
      const seen = run({ database: wrongBy(byMs, runMs, 0), others: [right, right] });
      assertHeld(seen, longestDoubtMs);
      const after = seen.filter(({ kind }) => kind === 'Disputed');
      assert.ok(after.length > 0 && after.every(({ wrongMs }) => Math.abs(wrongMs) < second));
    }
  });

  test('as many agree with the database as contradict it: it is believed', () => {
    const wrong = wrongBy(day, runMs, 0);
    assert.equal(heldMs(run({ others: [wrong, wrong, right] })), 0);
    assert.equal(heldMs(run({ others: [wrong, wrong, right, right] })), 0);
  });

  test('a doubt ends a minute after the others have come round', () => {
    const wrong = wrongBy(day, jumpAt, 0);
    const seen = run({ others: [wrong, wrong] });
    assertHeld(seen, jumpAt + evenlyMs);
  });
});

describe('a start', () => {
  test('soon after the last tick asks nobody', () => {
    for (const lastTickAgoMs of [0, 5 * second, 59 * minute])
      assert.equal(heldMs(run({ others: [wrongBy(-day, runMs, 0)], lastTickAgoMs })), 0);
  });

  test('after an outage of three days works at once, because its own clock confirms the time', () => {
    for (const lastTickAgoMs of [2 * hour, 3 * day, 21 * day])
      assert.equal(heldMs(run({ others: [right], lastTickAgoMs })), 0);
  });

  test('after an outage, with a clock of its own that is wrong, goes by the database after ten minutes', () => {
    for (const byMs of [-day, 2 * day, -5 * day]) {
      const seen = run({ others: [wrongBy(byMs, runMs, 0)], lastTickAgoMs: 3 * day });
      assert.ok(heldMs(seen) <= longestDoubtMs);
      assert.ok(mostWrong(seen) < second);
    }
  });

  test('while the database shows another day settles nothing, and goes on a minute after it is right', () => {
    for (const byMs of lengths.filter((length) => Math.abs(length) > minute)) {
      const database = wrongBy(byMs, jumpAt, 0);
      const seen = run({ database, others: [right], lastTickAgoMs: 5 * second });
      assert.ok(mostWrong(seen) < second, `${signed(byMs)}: ${mostWrong(seen)} ms`);
      assertHeld(seen, jumpAt + evenlyMs, signed(byMs));
      assert.ok(seen.every(({ wrongMs }) => Math.abs(wrongMs) < second));
    }
  });

  test('while the database shows another day for good goes on by the time that the last tick speaks for', () => {
    const seen = run({ database: wrongBy(day, runMs, 0), others: [right], lastTickAgoMs: 5 * second });
    assertHeld(seen, longestDoubtMs);
    assert.ok(mostWrong(seen) < second);
  });

  test('after an outage, with no other clock to ask, waits the ten minutes', () => {
    assertHeld(run({ others: [], lastTickAgoMs: 3 * day }), longestDoubtMs);
  });

  test('without a last tick believes the database', () => {
    assert.equal(heldMs(run({ database: wrongBy(day, runMs, 0), others: [right] })), 0);
  });
});

describe('ticks', () => {
  const last = { atMs: start, processId: 'other', aheadMs: 100 };
  const own = { processId: 'own', aheadMs: -hour };
  for (const [name, expected, leaves] of [
    ['its clock is wrong, and one whose clock is right has just ticked', {}, true],
    ['the other has not ticked for a while', { nowMs: start + 7 * second }, false],
    ['the last tick is far ahead', { nowMs: start - 7 * second }, false],
    ['the last tick was its own', { last: { ...last, processId: 'own' } }, false],
    ["the other's clock is wrong too", { last: { ...last, aheadMs: hour } }, false],
    ['its clock is right', { own: { ...own, aheadMs: 1_500 } }, false],
  ] as const) {
    test(`a process ${leaves ? 'leaves' : 'keeps'} its ticks when ${name}`, () => {
      const given = { last, own, nowMs: start + second, ...expected };
      assert.equal(leavesTicks(given.last, given.own, given.nowMs), leaves);
    });
  }
  test('nobody has ticked yet: each ticks', () => assert.equal(leavesTicks(undefined, own, start), false));
});

test('the time that most show does not wander with what each of them shows', () => {
  const wobbling = Array.from({ length: 30 }, (_, n) => ({
    byMs: -n * 100,
    from: n * minute,
    until: (n + 0.5) * minute,
  }));
  const seen = run({ database: wrongBy(day, runMs), others: [wobbling] });
  const after = new Set(seen.filter(({ kind }) => kind === 'Disputed').map(({ wrongMs }) => Math.round(wrongMs / 100)));
  assert.ok(after.size <= 2, `${[...after]}`);
});
