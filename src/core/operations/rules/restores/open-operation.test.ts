import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpen } from './open-operation.ts';

test('an Operation is open from its first possible apply until it has ended, and never while it only waits here', () => {
  for (const phase of ['Pending', 'Running'] as const) {
    assert.equal(isOpen({ phase, unanswered: 0 }), false, 'held, refused, or not tried yet');
    assert.equal(isOpen({ phase, unanswered: 1 }), true, 'an apply is under way, or had no answer');
    assert.equal(isOpen({ phase, uid: 'u', unanswered: 0 }), true);
  }
  for (const phase of ['Succeeded', 'Failed', 'Cancelled'] as const)
    assert.equal(isOpen({ phase, uid: 'u', unanswered: 1 }), false);
});
