/** Whatever a batch holds, what can be read of it is taken, and the rest is counted without a word of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maxEventCount, readEvents } from './read-events.ts';

const resourceRef = { apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', namespace: 'n', name: 'o' };
const condition = { type: 'Running', status: 'True' };
const event = { kind: 'ConditionTransition', resourceRef, conditions: [condition], timestamp: '2026-11-21T06:00:00Z' };
const typesOf = (list: readonly unknown[]) =>
  readEvents(list).events.flatMap(({ conditions }) => (conditions ?? []).map(({ type }) => type));

test('an event that cannot be read is left out, and the others are taken', () => {
  for (const [bad, example] of [
    [{ ...event, kind: undefined }, 'event.kind'],
    [{ ...event, timestamp: 'yesterday' }, 'event.timestamp'],
    [{ ...event, resourceRef: null }, 'event.resourceRef'],
    [{ ...event, conditions: 'many' }, 'event.conditions'],
    [null, 'event'],
    ['event', 'event'],
  ] as const) {
    const { events, unreadable } = readEvents([event, bad, event]);
    assert.equal(events.length, 2);
    assert.deepEqual(unreadable, { count: 1, example });
  }
});

test('a condition that cannot be read is left out, and the others of its event are taken', () => {
  const conditions = [condition, { ...condition, status: 'Maybe' }, { ...condition, type: 'Accepted' }, null];
  assert.deepEqual(typesOf([{ ...event, conditions }]), ['Running', 'Accepted']);
  assert.deepEqual(readEvents([{ ...event, conditions }]).unreadable, {
    count: 2,
    example: 'event.conditions[].status',
  });
  const many = Array.from({ length: 40 }, (_, n) => ({ ...condition, type: `T${n}` }));
  assert.equal(typesOf([{ ...event, conditions: many }]).length, 32);
  assert.equal(readEvents([{ ...event, conditions: many }]).unreadable?.count, 8);
});

test('an event of which no condition can be read states nothing', () => {
  const { events, unreadable } = readEvents([{ ...event, kind: 'OperationFailed', conditions: [{ type: 5 }] }]);
  assert.deepEqual([events, unreadable?.count], [[], 1]);
});

test('more events than an agent keeps are counted, and the first of them taken', () => {
  const { events, unreadable } = readEvents(Array(maxEventCount + 7).fill(event));
  assert.deepEqual([events.length, unreadable?.count], [maxEventCount, 7]);
  assert.equal(readEvents(Array(maxEventCount).fill(event)).unreadable, undefined);
});

test('anything at all is read without an error, and what is counted repeats none of its text', () => {
  const secret = 'hunter2';
  const some = fc.oneof(
    fc.jsonValue(),
    fc.record({ kind: fc.jsonValue(), resourceRef: fc.jsonValue(), conditions: fc.jsonValue(), [secret]: fc.string() }),
    fc
      .record({ conditions: fc.array(fc.jsonValue()), [secret]: fc.constant(secret) })
      .map((odd) => ({ ...event, ...odd })),
  );
  fc.assert(
    fc.property(fc.array(some), (list) => {
      const { events, unreadable } = readEvents([...list, event]);
      assert.ok(events.length >= 1);
      assert.ok(!(unreadable?.example ?? '').includes(secret));
    }),
  );
});
