import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withKeysReversed } from '../../../../../test/support/core/key-order.ts';
import { canonicalJson } from './canonical-json.ts';
import { sameJson } from './same-json.ts';

test('a stored hash of a request still fits after an upgrade: the text of a value stays as it is', () => {
  const body = { name: 'é', tags: ['b', 'a'], none: null, inner: { z: true, a: { '10': 1, '9': 2 } }, ten: 1e1 };
  assert.equal(
    canonicalJson({ query: { limit: '5' }, body, left: undefined }),
    '{"body":{"inner":{"a":{"9":2,"10":1},"z":true},"name":"é","none":null,"tags":["b","a"],"ten":10},"query":{"limit":"5"}}',
  );
});

test('the order of keys makes no other text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(canonicalJson(withKeysReversed(value)), canonicalJson(value));
    }),
  );
});

test('two values have one text exactly when they are the same', () => {
  const few = fc.letrec((value) => ({
    any: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(null, 0, 1, 'a'),
      fc.array(value('any'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b'), value('any'), { maxKeys: 2 }),
    ),
  })).any;
  fc.assert(
    fc.property(few, few, (a, b) => {
      assert.equal(canonicalJson(a) === canonicalJson(b), sameJson(a, b));
    }),
    { numRuns: 1000 },
  );
});
