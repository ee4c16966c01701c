/** A withdrawal begins with a deletion that is owed, is dropped by a start, and ends once the resource is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import type { Operation } from '../operation.ts';
import { endAsWithdrawn, isOverdue, isWithdrawing, withdraw, withoutWithdrawal } from './withdraw.ts';

const [now, later] = ['2026-05-28T10:00:00.000Z', '2026-05-28T11:00:00.000Z'];
const operation: Operation = { ...exampleOperation, uid: 'u', deliveredAt: now };
const begun = withdraw(operation, undefined, 'DeadlineExceeded', 'It came late.', now);
const words = 'It came late. Its resource is deleted in the cluster, so that it does not run later.';
const conditionOf = (type: string, status: 'True' | 'False', reason: string, message: string, at: string) => ({
  ...{ type, status, reason, message },
  lastTransitionTime: at,
});

test('it is owed a deletion, stays as it is otherwise, and says so once; a cancel that is owed stays owed', () => {
  const withdrawing = conditionOf('Withdrawing', 'True', 'DeadlineExceeded', words, now);
  assert.deepEqual(begun.operation, { ...operation, conditions: [withdrawing] });
  assert.deepEqual(
    begun.events.map(({ type, reason, message, at }) => [type, reason, message, at]),
    [['Warning', 'Withdrawing', words, now]],
  );
  for (const [owed, after] of [
    [undefined, 'Withdraw'],
    ['Apply', 'Withdraw'],
    ['Tidy', 'Withdraw'],
    ['Cancel', 'Cancel'],
  ] as const)
    assert.equal(withdraw(operation, owed, 'PendingTimeout', 'm', now).owed, after);
  assert.ok(isWithdrawing(begun.operation) && !isWithdrawing(operation));
});

test('a start drops it, and what is not withdrawn stays as it is', () => {
  const dropped = withoutWithdrawal(begun.operation, later);
  assert.deepEqual(dropped.conditions, [
    conditionOf(
      ...(['Withdrawing', 'False', 'Started'] as const),
      'It has started in the cluster before it could be withdrawn, so it goes on.',
      later,
    ),
  ]);
  assert.ok(!isWithdrawing(dropped));
  for (const same of [operation, dropped]) assert.equal(withoutWithdrawal(same, later), same);
});

test('it ends as what it was begun for, once the resource is gone, and with words of its own where none are known', () => {
  const gone = 'The cluster states that the resource is gone.';
  const ended = (from: Operation, reason: string, message: string) => {
    const condition = conditionOf('Failed', 'True', reason, message, later);
    const { conditions: _, ...rest } = from;
    assert.deepEqual(endAsWithdrawn(from, later), {
      operation: { ...rest, phase: 'Failed', finishedAt: later, resourceGoneAt: later, conditions: [condition] },
      reason,
      message,
    });
  };
  ended(begun.operation, 'DeadlineExceeded', `${words} ${gone}`);
  ended(operation, 'PendingTimeout', gone);
  const left = conditionOf('Withdrawing', 'True', 'LeftBehind', 'Left.', now);
  ended({ ...operation, conditions: [left] }, 'PendingTimeout', `Left. ${gone}`);
});

test('only a condition Overdue that is True says that it is overdue', () => {
  const states = (type: string, status: 'True' | 'False') => ({
    conditions: [conditionOf(type, status, 'RunningTimeout', '', now)],
  });
  assert.ok(isOverdue(states('Overdue', 'True')));
  for (const other of [states('Overdue', 'False'), states('Withdrawing', 'True'), { conditions: [] }])
    assert.ok(!isOverdue(other));
});
