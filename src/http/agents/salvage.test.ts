/** The events of a batch are found in its text as far as they stand in it whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsIn } from './salvage.ts';

const events = [{ a: '}"{\\' }, { b: { c: [1, '[{'] } }, { d: null }];
const text = JSON.stringify({ other: '{', events, more: 1 });

test('a batch that is JSON has the events of its list', () => {
  assert.deepEqual(eventsIn(text), { events, lost: [] });
  for (const other of ['[]', '{}', '"events"', 'null', '5', '{"events": {}}'])
    assert.deepEqual([eventsIn(other).events, eventsIn(other).lost.length], [[], 1], other);
  assert.deepEqual([eventsIn('').events, eventsIn('').lost.length], [[], 1]);
});

test('a batch that is cut anywhere has the events that stand before the cut', () => {
  const ends = events.map((event) => text.indexOf(JSON.stringify(event)) + JSON.stringify(event).length);
  fc.assert(
    fc.property(fc.nat(text.length - 1), (length) => {
      const expected = events.filter((_, n) => (ends[n] ?? 0) <= length);
      const { events: found, lost } = eventsIn(text.slice(0, length));
      assert.deepEqual([found, lost.length], [expected, 1]);
    }),
    { numRuns: text.length * 2 },
  );
});

test('any text at all is read without an error', () => {
  fc.assert(fc.property(fc.string(), (any) => eventsIn(`{"events":[${any}`).lost.length === 1 || any.includes(']}')));
});
