import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conflictingType, isOpen } from './open-operation.ts';

const inFlightInCluster = { phase: 'Pending', message: '', since: '2026-05-28T10:00:00.000Z' } as const;

test('an Operation is open from its first possible apply until it has ended, and never while it only waits here', () => {
  for (const type of ['Backup', 'Restore'] as const) {
    for (const phase of ['Pending', 'Running'] as const) {
      assert.equal(isOpen({ type, phase, unanswered: 0 }), false, 'held, refused, or not tried yet');
      assert.equal(isOpen({ type, phase, unanswered: 1 }), true, 'an apply is under way, or had no answer');
      assert.equal(isOpen({ type, phase, uid: 'u', unanswered: 0 }), true);
    }
    for (const phase of ['Succeeded', 'Failed', 'Cancelled'] as const)
      assert.equal(isOpen({ type, phase, uid: 'u', unanswered: 1 }), false);
  }
});

test('a Restore that its cluster has put back is open again, and a Backup is not', () => {
  const again = { phase: 'Succeeded', uid: 'u', unanswered: 0, inFlightInCluster } as const;
  assert.equal(isOpen({ type: 'Restore', ...again }), true);
  assert.equal(isOpen({ type: 'Backup', ...again }), false);
});

test('a Backup and a Restore must not meet, and nothing else keeps another waiting', () => {
  const types = ['Backup', 'Restore', 'Upgrade'] as const;
  assert.deepEqual(types.map(conflictingType), ['Restore', 'Backup', undefined]);
});
