import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withKeysReversed } from '../../../../../test/support/core/key-order.ts';
import { sameJson } from './same-json.ts';

test('values are equal when their JSON is, in any order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => sameJson(value, withKeysReversed(JSON.parse(JSON.stringify(value))))),
  );
});

test('values that differ anywhere are not equal', () => {
  for (const [a, b] of [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: [] }, { a: {} }],
    [{ a: null }, {}],
    [[1], [1, 2]],
    ['1', 1],
  ])
    assert.ok(!sameJson(a, b) && !sameJson(b, a), JSON.stringify([a, b]));
  assert.ok(sameJson({ a: undefined }, {}) && sameJson({}, { a: undefined }));
});
