import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import { type DatedOperation, decideDeadline } from './deadlines.ts';

const at = (seconds: number) => new Date(Date.parse('2026-05-28T10:00:00Z') + seconds * 1000).toISOString();
const limits = {
  unanswered: 0,
  owed: undefined,
  pendingDeadlineSeconds: 1800,
  runningDeadlineSeconds: 14_400,
} as const;
const pending: DatedOperation = { ...limits, operation: { ...exampleOperation, uid: 'u', deliveredAt: at(0) } };
const running: DatedOperation = {
  ...limits,
  operation: { ...exampleOperation, uid: 'u', deliveredAt: at(0), startedAt: at(600), phase: 'Running' },
};
const undelivered: DatedOperation = {
  ...limits,
  owed: 'Apply',
  operation: { ...exampleOperation, deliverBefore: at(60) },
};
const reasonOf = (dated: DatedOperation, seconds: number) =>
  decideDeadline(dated, at(seconds))?.operation.conditions.find(
    ({ type }) => type === 'Failed' || type === 'Withdrawing',
  )?.reason;
const reasonIn = (dated: DatedOperation) => reasonOf(dated, 60);

test('each deadline holds at its second, not before', () => {
  assert.deepEqual([reasonOf(pending, 1799), reasonOf(pending, 1800)], [undefined, 'PendingTimeout']);
  assert.deepEqual([reasonOf(running, 14_999), reasonOf(running, 15_000)], [undefined, 'RunningTimeout']);
  assert.deepEqual([reasonOf(undelivered, 59), reasonOf(undelivered, 60)], [undefined, 'DeadlineExceeded']);
});

test('a cluster whose clock is behind ends nothing early', () => {
  const behind: DatedOperation = { ...running, operation: { ...running.operation, startedAt: at(-36_000) } };
  assert.equal(reasonOf(behind, 14_399), undefined);
});

test('what may be in the cluster is not given up, and what others made or has no class has no deadline', () => {
  assert.equal(reasonOf({ ...undelivered, unanswered: 1 }, 3600), undefined);
  const foreign: DatedOperation = { ...running, operation: { ...running.operation, origin: 'cluster' } };
  assert.equal(reasonOf(foreign, 10 ** 6), undefined);
  assert.equal(reasonOf({ ...running, runningDeadlineSeconds: undefined }, 10 ** 6), undefined);
});

test('a timeout keeps a cancel owed, and says whether the cluster could be watched', () => {
  const watching = { status: 'False', reason: 'Unreachable', message: 'refused' } as const;
  const step = decideDeadline({ ...running, owed: 'Cancel', watching }, at(15_000));
  assert.equal(step?.owed, 'Cancel');
  assert.match(
    step?.events[0]?.message ?? '',
    /could not be watched at that time \(Unreachable: refused\).*cancel is still/,
  );
  assert.equal(decideDeadline({ ...pending, owed: 'Cancel' }, at(1800))?.owed, 'Cancel');
});

test('what has not started is withdrawn, and stays Pending until the cluster states that it is gone', () => {
  const step = decideDeadline(pending, at(1800));
  assert.deepEqual(
    [step?.operation.phase, step?.owed, step?.events.map(({ type, reason }) => [type, reason])],
    ['Pending', 'Withdraw', [['Warning', 'Withdrawing']]],
  );
  const again = { ...pending, owed: step?.owed, operation: step?.operation ?? pending.operation };
  assert.equal(decideDeadline(again, at(9999)), undefined, 'it is told once');
  assert.equal(decideDeadline({ ...again, owed: undefined }, at(9999))?.owed, 'Withdraw', 'and stays owed');
});

test('what came into the cluster after deliverBefore is withdrawn, but not for the time that a call takes', () => {
  const late = (deliverBefore: string) => reasonIn({ ...pending, operation: { ...pending.operation, deliverBefore } });
  assert.deepEqual(
    [late(at(-15)), late(at(-16)), late(at(-3600))],
    [undefined, 'DeadlineExceeded', 'DeadlineExceeded'],
  );
});

test('a Restore that runs is told to be overdue once, and does not end', () => {
  const restore: DatedOperation = { ...running, operation: { ...running.operation, type: 'Restore' } };
  const step = decideDeadline(restore, at(15_000));
  assert.deepEqual(
    [step?.operation.phase, step?.events.map(({ type, reason }) => [type, reason])],
    ['Running', [['Warning', 'Overdue']]],
  );
  assert.equal(
    decideDeadline({ ...restore, owed: step?.owed, operation: step?.operation ?? restore.operation }, at(99_999)),
    undefined,
  );
});
