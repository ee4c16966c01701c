import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation as operation } from '../../../../../test/support/core/operation-example.ts';
import type { KnownOperation, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

const now = '2026-05-28T10:10:00.000Z';
const at = (minute: number) => `2026-05-28T10:0${minute}:00Z`;
const condition = (type: string, status: string, reason: string, minute: number, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(minute),
});

function seen(status: object, more: Partial<Observation> = {}): Observation {
  return {
    name: operation.name,
    namespace: operation.namespace,
    uid: 'uid-1',
    deleted: false,
    status: ObservedStatus.parse(status),
    ...more,
  };
}

const accepted = condition('Accepted', 'True', 'TemplateValidated', 0);
const trace = [
  seen({ phase: 'Pending', conditions: [accepted] }),
  seen({
    phase: 'Running',
    startedAt: at(0),
    conditions: [accepted, condition('Running', 'True', 'VeleroBackupInProgress', 1)],
    progress: { totalItems: 412, itemsBackedUp: 10 },
  }),
  seen({
    phase: 'Running',
    startedAt: at(0),
    conditions: [accepted, condition('Running', 'True', 'VeleroBackupInProgress', 1)],
    progress: { totalItems: 412, itemsBackedUp: 300 },
  }),
  seen({
    phase: 'Succeeded',
    startedAt: at(0),
    finishedAt: at(7),
    conditions: [
      accepted,
      condition('Running', 'False', 'VeleroBackupSucceeded', 7),
      condition('Succeeded', 'True', 'VeleroBackupCompleted', 7, '412 items'),
    ],
    progress: { totalItems: 412, itemsBackedUp: 412 },
    outputs: { backupName: operation.name, backupItemCount: '412', storageLocation: 'aws-primary' },
  }),
];
const last = trace.at(-1) ?? seen({});
const fold = (observations: readonly Observation[], from: KnownOperation = operation) =>
  observations.reduce((known, observation) => observe(known, observation, now).operation, from);

test('a backup is followed from Pending to Succeeded with progress, outputs and expiry', () => {
  const done = fold(trace);
  assert.equal(done.phase, 'Succeeded');
  assert.deepEqual(done.progress, { totalItems: 412, itemsDone: 412 });
  assert.equal(done.outputs.storageLocation, 'aws-primary');
  assert.equal(done.finishedAt, at(7));
  assert.equal(done.expiresAt, '2026-06-27T10:00:00.000Z');
  assert.equal(done.conditions.find(({ type }) => type === 'Delivered')?.status, 'True');
});

test('a repeated observation changes nothing and records no event', () => {
  const once = observe(operation, last, now);
  const twice = observe(once.operation, last, now);
  assert.equal(once.changed, true);
  assert.deepEqual({ changed: twice.changed, events: twice.events }, { changed: false, events: [] });
});

const timedOut: KnownOperation = {
  ...operation,
  uid: 'uid-1',
  phase: 'Failed',
  deliveredAt: at(0),
  finishedAt: at(5),
  conditions: [{ ...condition('Failed', 'True', 'RunningTimeout', 5, 'longer than its deadline'), status: 'True' }],
};

test('a terminal phase never changes', () => {
  const done = fold(trace);
  for (const observation of [seen({ phase: 'Running' }), seen({ phase: 'Failed' }), seen({}, { deleted: true })])
    assert.equal(observe(done, observation, now).operation.phase, 'Succeeded');
});

test('an end that contradicts ours is recorded once, kept apart with its outputs, and cleared when the cluster agrees', () => {
  const first = observe(timedOut, last, now);
  assert.equal(first.operation.phase, 'Failed');
  assert.deepEqual(first.operation.contradiction, {
    phase: 'Succeeded',
    message: 'VeleroBackupCompleted: 412 items',
    at: now,
  });
  assert.equal(first.operation.outputs.storageLocation, 'aws-primary');
  assert.equal(first.operation.expiresAt, '2026-06-27T10:00:00.000Z');
  assert.equal(first.operation.finishedAt, at(5));
  assert.equal(first.operation.conditions.find(({ type }) => type === 'Failed')?.reason, 'RunningTimeout');
  assert.deepEqual(
    first.events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason),
    ['Contradicted'],
  );
  const second = observe(first.operation, last, '2026-05-29T00:00:00.000Z');
  assert.deepEqual([second.changed, second.events], [false, []]);
  const agreed = observe(
    first.operation,
    seen({ phase: 'Failed', conditions: [condition('Failed', 'True', 'EngineFailed', 7, 'no space left')] }),
    now,
  ).operation;
  assert.deepEqual([agreed.contradiction, agreed.expiresAt], [undefined, undefined]);
  assert.equal(agreed.conditions.find(({ type }) => type === 'Failed')?.reason, 'EngineFailed');
});

test('a list takes back what the cluster stated before, and keeps what is ours', () => {
  const before = observe(
    { ...operation, warnings: ['unknown field "x"'] },
    seen({
      phase: 'Running',
      conditions: [accepted, condition('Blocked', 'True', 'TargetNotReady', 1)],
      outputs: { backupName: 'b', warnings: ['slow volume'] },
      progress: { totalItems: 9, itemsDone: 3 },
    }),
    now,
  ).operation;
  assert.deepEqual(before.warnings, ['unknown field "x"', 'slow volume']);
  const after = observe(
    before,
    seen({ phase: 'Running', conditions: [accepted] }, { source: 'Listed' }),
    now,
  ).operation;
  assert.deepEqual(after.warnings, ['unknown field "x"']);
  assert.deepEqual([after.outputs, after.progress], [{}, undefined]);
  assert.deepEqual(
    after.conditions.map(({ type }) => type),
    ['Delivered', 'Accepted'],
  );
});

test('what is watched of an older version changes nothing, what is listed of one counts', () => {
  const known: KnownOperation = { ...operation, uid: 'uid-1', observedVersion: '1000' };
  const older = { phase: 'Running' } as const;
  const watched = observe(known, seen(older, { source: 'Watched', resourceVersion: '999' }), now);
  assert.deepEqual([watched.changed, watched.operation.observedVersion], [false, '1000']);
  const listed = observe(known, seen(older, { source: 'Listed', resourceVersion: '999' }), now);
  assert.deepEqual([listed.operation.phase, listed.operation.observedVersion], ['Running', '999']);
});

test('posted conditions are taken one by one and never go back', () => {
  const known: KnownOperation = { ...operation, uid: 'uid-1' };
  const posted = (each: object) => seen({ conditions: [each] }, { source: 'Posted' });
  const running = condition('Running', 'True', 'EngineStarted', 2);
  const stopped = condition('Running', 'False', 'EngineStarted', 5);
  const done = condition('Succeeded', 'True', 'EngineCompleted', 5);
  for (const order of [
    [running, stopped, done],
    [done, running, stopped],
    [stopped, done, running],
  ]) {
    const end = fold(order.map(posted), known);
    assert.equal(end.phase, 'Succeeded');
    assert.equal(end.finishedAt, at(5));
    assert.equal(end.conditions.find(({ type }) => type === 'Running')?.status, 'False');
  }
  assert.equal(observe(operation, posted(done), now).changed, false, 'a post does not say whose resource it is');
});

test('the last state of a resource that was deleted counts before its deletion', () => {
  const deleted = { ...last, deleted: true, source: 'Watched' } as const;
  const known: KnownOperation = { ...operation, uid: 'uid-1' };
  assert.equal(observe(known, deleted, now).operation.phase, 'Succeeded');
  assert.equal(observe({ ...known, cancelRequestedAt: now }, deleted, now).operation.phase, 'Succeeded');
});

test('a resource that lives although its Operation ended without it must go, unless it has finished', () => {
  const cancelled: KnownOperation = { ...operation, phase: 'Cancelled', cancelRequestedAt: now };
  const refused: KnownOperation = { ...operation, phase: 'Failed' };
  const ours = { source: 'Watched', operationId: operation.id } as const;
  for (const known of [cancelled, refused]) {
    const found = observe(known, seen({ phase: 'Running' }, ours), now);
    assert.deepEqual([found.owed, found.operation.uid, found.operation.phase], ['Cancel', 'uid-1', known.phase]);
    assert.equal(observe(known, { ...last, ...ours }, now).owed, undefined);
    assert.equal(observe(known, seen({ phase: 'Running' }, { source: 'Watched' }), now).owed, undefined);
  }
  assert.equal(observe(timedOut, seen({ phase: 'Running' }, ours), now).owed, undefined);
});

test('what was cancelled and comes back under another uid must go again, unless it has finished', () => {
  const cancelled: KnownOperation = {
    ...operation,
    phase: 'Cancelled',
    cancelRequestedAt: now,
    uid: 'uid-0',
    observedVersion: '5',
  };
  const ours = { source: 'Watched', resourceVersion: '6', operationId: operation.id } as const;
  const back = observe(cancelled, seen({ phase: 'Running' }, ours), now);
  assert.deepEqual([back.owed, back.operation.uid, back.operation.phase], ['Cancel', 'uid-1', 'Cancelled']);
  assert.ok(back.events.some(({ type, reason }) => type === 'Warning' && reason === 'Returned'));
  const listed = seen({}, { ...ours, source: 'Listed', resourceVersion: '1' });
  assert.equal(observe(cancelled, listed, now).owed, 'Cancel');
  assert.equal(observe(cancelled, { ...last, ...ours }, now).operation.contradiction?.phase, 'Succeeded');
  for (const passedOver of [
    seen({ phase: 'Running' }, { ...ours, resourceVersion: '4' }),
    seen({ phase: 'Running' }, { ...ours, operationId: 'of another' }),
    seen({ phase: 'Running' }, { ...ours, deleted: true }),
    seen({ phase: 'Running' }, { ...ours, source: 'Posted' }),
  ])
    assert.deepEqual(observe(cancelled, passedOver, now), { operation: cancelled, changed: false, events: [] });
});

test('a failed validation is a failure, and a deletion that we asked for is none', () => {
  const invalid = seen({
    conditions: [condition('Accepted', 'False', 'VeleroBackupValidationFailed', 1, 'no location')],
  });
  assert.equal(observe(operation, invalid, now).operation.phase, 'Failed');
  const deleting = seen({ phase: 'Failed', conditions: [condition('Failed', 'True', 'VeleroBackupDeleting', 2)] });
  assert.equal(observe(operation, deleting, now).operation.phase, 'Failed');
  assert.equal(observe({ ...operation, cancelRequestedAt: now }, deleting, now).operation.phase, 'Cancelled');
});

test('while it waits for approval it is Pending', () => {
  const blocked = seen({ phase: 'Pending', conditions: [condition('Blocked', 'True', 'AwaitingApproval', 1)] });
  const { operation: waiting, events } = observe(operation, blocked, now);
  assert.equal(waiting.phase, 'Pending');
  assert.ok(events.some(({ type, reason }) => type === 'Warning' && reason === 'Blocked'));
});

test('a deletion is Cancelled when we asked for it, and Failed by ExternalDeletion otherwise', () => {
  const gone = seen({}, { deleted: true });
  assert.equal(observe({ ...operation, cancelRequestedAt: now }, gone, now).operation.phase, 'Cancelled');
  const failed = observe(operation, gone, now).operation;
  assert.equal(failed.phase, 'Failed');
  assert.equal(failed.conditions.find(({ type }) => type === 'Failed')?.reason, 'ExternalDeletion');
});

test('another resource of the same name is not ours; in the place of ours it says that ours is gone', () => {
  const known: KnownOperation = { ...operation, uid: 'uid-0', observedVersion: '5' };
  assert.equal(observe(known, last, now).changed, false);
  assert.equal(observe(known, { ...last, source: 'Watched', resourceVersion: '4' }, now).changed, false);
  const replaced = observe(known, { ...last, source: 'Listed' }, now).operation;
  assert.deepEqual([replaced.phase, replaced.uid, replaced.outputs], ['Failed', 'uid-0', {}]);
});

test('a partial failure is recognized in both vocabularies', () => {
  const documented = seen({
    phase: 'Succeeded',
    conditions: [condition('Succeeded', 'True', 'VeleroBackupPartiallyFailed', 3)],
    outputs: { warnings: ['pvc x: timeout'] },
  });
  const coded = seen({
    phase: 'Failed',
    conditions: [condition('Failed', 'True', 'EngineFailed', 3, 'velero backup PartiallyFailed')],
  });
  for (const observation of [documented, coded]) {
    const { operation: partial } = observe(operation, observation, now);
    assert.equal(partial.conditions.find(({ type }) => type === 'Degraded')?.reason, 'PartialFailure');
  }
  assert.deepEqual(observe(operation, documented, now).operation.warnings, ['pvc x: timeout']);
});
