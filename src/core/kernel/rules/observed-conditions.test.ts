/** Whatever a cluster states as conditions is read as far as it fits, and never an error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObservedConditions, ObservedCount, ObservedInstant } from './observed-conditions.ts';

const whole = {
  ...{ type: 'Ready', status: 'True', reason: 'R', message: 'm' },
  ...{ lastTransitionTime: '2026-05-28T10:00:00.000Z', observedGeneration: 7 },
} as const;

test('a condition that fits is kept whole, one that does not is absent at its place, and the others stay', () => {
  const odd = [
    null,
    'x',
    {},
    { ...whole, type: '' },
    { ...whole, type: 'T'.repeat(317) },
    { ...whole, status: 'true' },
  ];
  for (const each of [...odd, { ...whole, reason: 7 }, { ...whole, message: {} }, { status: 'True' }])
    assert.deepEqual(ObservedConditions.parse([whole, each, whole]), [whole, undefined, whole], JSON.stringify(each));
  for (const status of ['True', 'False', 'Unknown'])
    assert.deepEqual(ObservedConditions.parse([{ type: 'T'.repeat(316), status }]), [
      { type: 'T'.repeat(316), status },
    ]);
  for (const none of [undefined, null, 'x', {}]) assert.equal(ObservedConditions.parse(none), undefined);
});

test('a field of a condition that does not fit is absent, and a text is cut to 1 KiB that PostgreSQL takes', () => {
  const { lastTransitionTime: _, observedGeneration: __, ...rest } = whole;
  const bare = { ...rest, lastTransitionTime: undefined, observedGeneration: undefined };
  assert.deepEqual(ObservedConditions.parse([{ ...whole, lastTransitionTime: 'then', observedGeneration: -1 }]), [
    bare,
  ]);
  assert.deepEqual(
    ObservedConditions.parse([{ ...rest, type: 'T\u0000', reason: 'r'.repeat(1025), message: 'm\u0000' }]),
    [{ type: 'T\uFFFD', status: 'True', reason: `${'r'.repeat(1021)}…`, message: 'm\uFFFD' }],
  );
});

test('a count is a whole number from 0 on, as a number or as a text, and an instant is one with an offset, of the years that are kept', () => {
  for (const [stated, read] of [
    [0, 0],
    ['7', 7],
    [-1, undefined],
    [1.5, undefined],
    ['many', undefined],
    [{}, undefined],
  ] as const)
    assert.equal(ObservedCount.parse(stated), read, JSON.stringify(stated));
  assert.equal(ObservedInstant.parse('2026-05-28T12:00:00+02:00'), '2026-05-28T12:00:00+02:00');
  for (const stated of ['2026-05-28T10:00:00', '2026-05-28', '0001-01-01T00:00:00Z', 7, null])
    assert.equal(ObservedInstant.parse(stated), undefined);
});
