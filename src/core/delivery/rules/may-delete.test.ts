/** What may be deleted for which reason: one table, so that a mistake of one reason shows beside the others. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import type { DeletionReason, Operation } from '../../operations/rules/operation.ts';
import { type DeletionFacts, mayDelete, nothingKnown } from './may-delete.ts';

const at = '2026-05-28T10:00:00.000Z';
const restore: Operation = { ...exampleOperation, type: 'Restore', uid: 'u' };
const backup: Operation = { ...exampleOperation, uid: 'u' };

function seen(status: Observation['status'], more: Partial<Observation> = {}): Observation {
  const { name, namespace, id: operationId } = exampleOperation;
  return {
    ...{ name, namespace, operationId, uid: 'u', resourceVersion: '7' },
    deleted: false,
    source: 'Listed',
    status,
    ...more,
  };
}

const pending = seen({ phase: 'Pending' });
const running = seen({ phase: 'Running', startedAt: at });
const finished = seen({ phase: 'Succeeded', startedAt: at, finishedAt: at });
const lookedAgain = seen({ phase: 'Pending', startedAt: at, finishedAt: at });
const verdict = (
  reason: DeletionReason,
  observation: Observation,
  operation: Operation = restore,
  facts: Partial<DeletionFacts> = {},
) => mayDelete({ reason, operation }, observation, { ...nothingKnown, ...facts });

describe('a reason deletes only what it is for', () => {
  for (const [reason, ofPending, ofRunning, ofFinished, ofLookedAgain] of [
    ['Cancel', 'Delete', 'Delete', 'Leave', 'Leave'],
    ['Withdraw', 'Delete', 'Leave', 'Leave', 'Leave'],
    ['Tidy', 'Leave', 'Leave', 'Wait', 'Leave'],
  ] as const)
    test(reason, () => {
      for (const operation of [restore, backup])
        assert.deepEqual(
          [pending, running, finished, lookedAgain].map((each) => verdict(reason, each, operation)),
          [ofPending, ofRunning, ofFinished, ofLookedAgain],
          operation.type,
        );
    });
});

test('a Restore that runs is withdrawn only when overdue and known to be idle; a Backup never', () => {
  const condition = { status: 'True', reason: 'RunningTimeout', message: '', lastTransitionTime: at } as const;
  const overdue: Operation = { ...restore, phase: 'Running', conditions: [{ type: 'Overdue', ...condition }] };
  assert.equal(verdict('Withdraw', running, overdue), 'Wait');
  assert.equal(verdict('Withdraw', running, overdue, { engineIdle: true }), 'Delete');
  assert.equal(verdict('Withdraw', running, restore, { engineIdle: true }), 'Leave');
  assert.equal(verdict('Withdraw', running, { ...overdue, type: 'Backup' }, { engineIdle: true }), 'Leave');
  assert.equal(verdict('Withdraw', finished, overdue, { engineIdle: true }), 'Leave');
});

test('what its engine refused is withdrawn while it runs, as long as the engine is known to be idle', () => {
  const condition = { status: 'True', reason: 'FailedValidation', message: '', lastTransitionTime: at } as const;
  for (const each of [restore, backup]) {
    const refused: Operation = { ...each, phase: 'Failed', conditions: [{ type: 'Withdrawing', ...condition }] };
    assert.equal(verdict('Withdraw', running, refused, { engineIdle: true }), 'Delete');
    assert.equal(verdict('Withdraw', running, refused), 'Leave');
    assert.equal(verdict('Withdraw', finished, refused, { engineIdle: true }), 'Leave');
    const leaving = seen({ phase: 'Running' }, { deletingSince: at });
    assert.equal(verdict('Withdraw', leaving, refused, { engineIdle: true }), 'Wait');
  }
});

test('what the record knows to have started is not withdrawn, whatever the cluster states by now', () => {
  assert.equal(verdict('Withdraw', pending, { ...restore, startedAt: at }), 'Leave');
  assert.equal(verdict('Withdraw', pending, { ...restore, phase: 'Running' }), 'Leave');
  const contradiction = { phase: 'Succeeded', message: '', at } as const;
  assert.equal(verdict('Withdraw', pending, { ...backup, phase: 'Failed', contradiction }), 'Leave');
});

test('what has ended leaves while the rules of tidying say so, in the version that is recorded', () => {
  const recorded = { ...restore, observedVersion: '7' };
  assert.equal(verdict('Tidy', finished, recorded, { mayLeave: true }), 'Delete');
  assert.equal(verdict('Tidy', finished, recorded), 'Wait');
  const older = { ...restore, observedVersion: '6' };
  assert.equal(verdict('Tidy', finished, older, { mayLeave: true }), 'Wait');
});

test('what is being deleted already is waited for', () => {
  const deletingSince = at;
  assert.equal(verdict('Withdraw', seen({ phase: 'Pending' }, { deletingSince })), 'Wait');
  assert.equal(verdict('Cancel', seen({ phase: 'Running' }, { deletingSince })), 'Wait');
  assert.equal(verdict('Cancel', seen({ phase: 'Succeeded' }, { deletingSince })), 'Leave');
});

test('what has ended is known by its phase or by the time of its end, what has started by any sign of it', () => {
  assert.equal(verdict('Cancel', seen({ phase: 'Succeeded' })), 'Leave');
  assert.equal(verdict('Cancel', seen({ phase: 'Pending', finishedAt: at })), 'Leave');
  assert.equal(verdict('Withdraw', seen({ phase: 'Pending', startedAt: at })), 'Leave');
  assert.equal(verdict('Withdraw', seen({ phase: 'Running' })), 'Leave');
  const recorded = { ...restore, observedVersion: '7' };
  const deleting = seen({ phase: 'Succeeded', finishedAt: at }, { deletingSince: at });
  assert.equal(verdict('Tidy', deleting, recorded, { mayLeave: true }), 'Wait');
});
