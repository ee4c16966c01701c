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

test('a timeout says since when, which limit, what the cluster stated last, and whether it could be watched', () => {
  const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => ({
    ...{ type, status, reason, message },
    lastTransitionTime: at(0),
  });
  const accepted = condition('Accepted', 'True', 'AdmissionPassed', '');
  const ran = condition('Running', 'False', 'Queued', 'in the queue');
  const blocked = condition('Blocked', 'True', 'ConflictingOperation', 'another one runs');
  const watched = { status: 'True', reason: 'Watching', message: 'm' } as const;
  const told = (conditions: readonly (typeof accepted)[], watching?: DatedOperation['watching']) => {
    const operation = { ...pending.operation, conditions: [...conditions] };
    return decideDeadline({ ...pending, operation, watching }, at(1800))?.events[0]?.message;
  };
  const since = `It has been Pending in the cluster since ${at(0)}, longer than 30 min (pendingDeadlineSeconds 1800).`;
  const end = 'Its resource is deleted in the cluster, so that it does not run later.';
  const [seen, unseen] = ['could be watched at that time.', 'could not be watched at that time'];
  for (const [conditions, watching, words] of [
    [[], watched, `The cluster has stated no condition. The cluster ${seen}`],
    [[accepted], watched, `The cluster states Accepted=True: AdmissionPassed. The cluster ${seen}`],
    [[accepted, ran], watched, `The cluster states Running=False: Queued: in the queue. The cluster ${seen}`],
    [
      [accepted, ran, blocked],
      watched,
      `The cluster states Blocked=True: ConflictingOperation: another one runs. The cluster ${seen}`,
    ],
    [
      [accepted, { ...blocked, status: 'False' }],
      undefined,
      `The cluster states Accepted=True: AdmissionPassed. The cluster ${unseen}, so its last statement may be old.`,
    ],
    [
      [],
      { ...watched, status: 'Unknown' },
      `The cluster has stated no condition. The cluster ${unseen} (Watching: m), so its last statement may be old.`,
    ],
  ] as const)
    assert.equal(told(conditions, watching), `${since} ${words} ${end}`);
});

test('what runs for too long keeps nothing owed but a cancel when it is a Backup, and is owed its end when it is a Restore', () => {
  for (const [type, owed, after, phase, words] of [
    [
      'Backup',
      undefined,
      undefined,
      'Failed',
      /^It has been Running since .*T10:10:00.000Z, longer than 4 h \(runningDeadlineSeconds 14400\)\. .*The resource is left/,
    ],
    ['Backup', 'Cancel', 'Cancel', 'Failed', /Its cancel is still carried out\.$/],
    ['Restore', undefined, 'Withdraw', 'Running', /It is not deleted, because half an application could be left/],
    ['Restore', 'Cancel', 'Cancel', 'Running', /Its cancel is still carried out\.$/],
  ] as const) {
    const step = decideDeadline({ ...running, owed, operation: { ...running.operation, type } }, at(15_000));
    assert.deepEqual([step?.operation.phase, step?.owed], [phase, after], type);
    const [event] = step?.events ?? [];
    assert.match(event?.message ?? '', words);
    const reason = type === 'Backup' ? 'RunningTimeout' : 'Overdue';
    assert.deepEqual([step?.events.length, event?.type, event?.reason], [1, 'Warning', reason]);
    const condition = step?.operation.conditions.at(-1);
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.reason, condition?.message],
      [type === 'Backup' ? 'Failed' : 'Overdue', 'True', 'RunningTimeout', event?.message],
    );
    assert.equal(step?.operation.finishedAt, type === 'Backup' ? at(15_000) : undefined);
  }
});

test('Running counts from the later of start and delivery, and from the making where neither is known', () => {
  const since = (more: Partial<DatedOperation['operation']>) => {
    const operation = { ...running.operation, createdAt: at(-60), ...more };
    const message = decideDeadline({ ...running, operation }, at(99_999))?.events[0]?.message ?? '';
    return /Running since (\S+),/.exec(message)?.[1];
  };
  assert.equal(since({ startedAt: at(600), deliveredAt: at(0) }), at(600));
  assert.equal(since({ startedAt: at(0), deliveredAt: at(600) }), at(600));
  assert.equal(since({ startedAt: undefined, deliveredAt: at(5) }), at(5));
  assert.equal(since({ startedAt: undefined, deliveredAt: undefined }), at(-60));
});

test('an overdue Restore whose deletion is owed by nothing is owed it again, and nothing is owed for what others made', () => {
  const condition = { type: 'Overdue', status: 'True', reason: 'RunningTimeout', message: 'm' } as const;
  const operation = {
    ...running.operation,
    type: 'Restore' as const,
    conditions: [{ ...condition, lastTransitionTime: at(0) }],
  };
  assert.deepEqual(decideDeadline({ ...running, operation }, at(1)), { operation, owed: 'Withdraw', events: [] });
  assert.equal(decideDeadline({ ...running, operation, owed: 'Withdraw' }, at(99_999)), undefined);
  assert.equal(decideDeadline({ ...running, operation: { ...operation, phase: 'Failed' } }, at(1)), undefined);
  assert.equal(decideDeadline({ ...running, operation: { ...operation, origin: 'cluster' } }, at(1)), undefined);
});
