import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import { shifted } from '../../../time/rules/slots.ts';
import { decideStuckDeletion, stuckAfterSeconds } from './stuck-deletion.ts';

const deletingSince = '2026-05-28T10:00:00.000Z';
const dated = {
  operation: {
    ...exampleOperation,
    name: 'n'.repeat(63),
    namespace: 's'.repeat(63),
    target: 't'.repeat(63),
    deletingSince,
  },
  owed: 'Cancel',
  unanswered: 0,
} as const;

test('a deletion that is not finished is told once, with the whole way out and its cost', () => {
  assert.equal(decideStuckDeletion(dated, shifted(deletingSince, stuckAfterSeconds - 1)), undefined);
  const told = decideStuckDeletion(dated, shifted(deletingSince, stuckAfterSeconds));
  const condition = told?.operation.conditions.find(({ type }) => type === 'DeletionPending');
  assert.deepEqual([condition?.reason, told?.owed, told?.events.length], ['NotFinished', 'Cancel', 1]);
  assert.match(
    condition?.message ?? '',
    /since 2026-05-28T10:00:00.000Z.*kubectl patch .*finalizers.*The cost: .*nothing is checked\.$/,
  );
  assert.equal(
    decideStuckDeletion({ ...dated, operation: told?.operation ?? dated.operation }, shifted(deletingSince, 9999)),
    undefined,
  );
});
