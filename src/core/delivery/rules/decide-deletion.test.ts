/** What follows from the answers to a deletion: it is owed until the resource is gone, and what keeps it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import { isWithdrawing, withdraw } from '../../operations/rules/giving-up/withdraw.ts';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { ClusterAnswer } from './answer.ts';
import type { Attempt } from './attempt.ts';
import { decideDelivery } from './decide-delivery.ts';

const now = '2026-05-28T10:00:00.000Z';
const delivered: Operation = { ...exampleOperation, uid: 'u', deliveredAt: now };
const { operation } = withdraw(delivered, undefined, 'PendingTimeout', 'It was Pending for too long.', now);
const withdrawal: Attempt = { operation, action: 'Withdraw', attempts: 1, unanswered: 0 };
const decide = (attempt: Attempt, answer: ClusterAnswer, at = now) => decideDelivery(attempt, answer, at, 0.5);
const reasonOf = ({ conditions }: Operation, wanted: string) => conditions.find(({ type }) => type === wanted)?.reason;
const crdMissing = { kind: 'Refused', status: 404, reason: 'CrdMissing', message: '404 page not found' } as const;

function seen(status: Observation['status']): Observation {
  const { id: operationId, name, namespace } = exampleOperation;
  return { name, namespace, uid: 'u', operationId, deleted: false, source: 'Listed', status };
}

test('a withdrawal ends as what it was begun for, and only once the cluster states that the resource is gone', () => {
  const accepted = decide(withdrawal, { kind: 'Deleted', uid: 'u' });
  assert.deepEqual([accepted.operation.phase, accepted.owed], ['Pending', 'Withdraw']);
  const gone = decide({ ...withdrawal, operation: accepted.operation }, { kind: 'Absent' });
  assert.deepEqual(
    [gone.operation.phase, reasonOf(gone.operation, 'Failed'), gone.owed, isWithdrawing(gone.operation)],
    ['Failed', 'PendingTimeout', undefined, false],
  );
  assert.equal(gone.operation.resourceGoneAt, now);
});

test('a withdrawal whose resource has started is dropped, and the Operation goes on', () => {
  const found = { kind: 'Found', observation: seen({ phase: 'Running', startedAt: now }), verdict: 'Leave' } as const;
  const step = decide(withdrawal, found);
  assert.deepEqual(
    [step.operation.phase, step.owed, reasonOf(step.operation, 'Withdrawing')],
    ['Running', undefined, 'Started'],
  );
  const cancelled = { ...withdrawal, operation: { ...operation, cancelRequestedAt: now } };
  assert.equal(decide(cancelled, found).owed, 'Cancel', 'a cancel that came meanwhile is not dropped with it');
});

test('with the cluster away a deletion stays owed, and is told once for each thing that keeps it', () => {
  const first = decide(withdrawal, { kind: 'Unreachable', message: 'refused' });
  assert.deepEqual([first.owed, first.operation.phase, first.events.length], ['Withdraw', 'Pending', 1]);
  assert.equal(reasonOf(first.operation, 'DeletionPending'), 'Unreachable');
  const again = { ...withdrawal, operation: first.operation };
  assert.equal(decide(again, { kind: 'Unreachable', message: 'refused' }).events.length, 0);
  assert.equal(decide(again, crdMissing).events.length, 1);
  assert.equal(reasonOf(decide(again, { kind: 'Deleted', uid: 'u' }).operation, 'DeletionPending'), undefined);
});

test('a CRD that is away does not make a resource gone, before it has been away for an hour by itself', () => {
  const { operation: unreachable } = decide(withdrawal, { kind: 'Unreachable', message: 'refused' });
  const at = shifted(now, 7200);
  const back = decide({ ...withdrawal, operation: unreachable }, crdMissing, at);
  assert.deepEqual([back.operation.phase, back.owed], ['Pending', 'Withdraw']);
  const after = (seconds: number) =>
    decide({ ...withdrawal, operation: back.operation }, crdMissing, shifted(at, seconds));
  assert.deepEqual([after(3599).operation.phase, after(3600).operation.phase], ['Pending', 'Failed']);
});

test('what was left behind changes no phase when it is deleted, and is known to be gone', () => {
  const condition = { type: 'Failed', status: 'True', reason: 'PendingTimeout', message: '' } as const;
  const left: Operation = { ...delivered, phase: 'Failed', conditions: [{ ...condition, lastTransitionTime: now }] };
  const step = decide({ ...withdrawal, operation: left, action: 'Cancel' }, { kind: 'Absent' });
  assert.deepEqual([step.operation.phase, step.operation.resourceGoneAt, step.owed], ['Failed', now, undefined]);
  assert.deepEqual(
    step.events.map(({ reason }) => reason),
    ['ResourceGone'],
  );
});
