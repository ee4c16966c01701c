/** No cluster exhausts our stack with what it nests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShallow } from './shallow.ts';

const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown =>
  Array.from({ length: levels }).reduce((inner) => wrap(inner), 'x');

test('a value may be nested twenty-four levels deep, in objects and in lists, and no deeper anywhere', () => {
  for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ a: 'x', inner })]) {
    assert.ok(isShallow(nested(24, wrap)));
    assert.ok(!isShallow(nested(25, wrap)));
    assert.ok(!isShallow(nested(100_000, wrap)));
  }
  for (const flat of ['x', 7, null, undefined, [], {}]) assert.ok(isShallow(flat));
});
