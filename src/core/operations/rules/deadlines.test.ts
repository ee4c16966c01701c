import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
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
  decideDeadline(dated, at(seconds))?.operation.conditions.find(({ type }) => type === 'Failed')?.reason;

test('each deadline ends an Operation at its second, not before', () => {
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
  const step = decideDeadline(
    { ...running, owed: 'Delete', watching: { status: 'False', reason: 'Unreachable', message: 'refused' } },
    at(15_000),
  );
  assert.equal(step?.owed, 'Delete');
  assert.match(
    step?.events[0]?.message ?? '',
    /could not be watched at that time \(Unreachable: refused\).*cancel is still/,
  );
});
