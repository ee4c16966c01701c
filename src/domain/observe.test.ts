import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Observation, ObservedStatus, observe } from './observe.ts';
import { exampleOperation as operation } from './operation.example.ts';

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
const fold = (observations: readonly Observation[]) =>
  observations.reduce((known, observation) => observe(known, observation, now).operation, operation);
const told = (folded: typeof operation) => ({
  ...folded,
  conditions: [...folded.conditions].sort((a, b) => a.type.localeCompare(b.type)),
});

test('a backup is followed from Pending to Succeeded with progress, outputs and expiry', () => {
  const done = fold(trace);
  assert.equal(done.phase, 'Succeeded');
  assert.deepEqual(done.progress, { totalItems: 412, itemsDone: 412 });
  assert.equal(done.outputs.storageLocation, 'aws-primary');
  assert.equal(done.finishedAt, at(7));
  assert.equal(done.expiresAt, '2026-06-27T10:00:00.000Z');
  assert.equal(done.conditions.find(({ type }) => type === 'Delivered')?.status, 'True');
});

test('any order, repetition and omission that ends with the last word gives the same record', () => {
  const expected = told(fold(trace));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...trace), { maxLength: 12 }), (observations) => {
      assert.deepEqual(told(fold([...observations, last])), expected);
    }),
  );
});

test('the same word twice changes nothing and tells nothing', () => {
  const once = observe(operation, last, now);
  const twice = observe(once.operation, last, now);
  assert.equal(once.changed, true);
  assert.deepEqual({ changed: twice.changed, events: twice.events }, { changed: false, events: [] });
});

test('a terminal phase never changes', () => {
  const done = fold(trace);
  assert.equal(observe(done, seen({ phase: 'Running' }), now).operation.phase, 'Succeeded');
  assert.equal(observe(done, seen({ phase: 'Failed' }), now).operation.phase, 'Succeeded');
  assert.equal(observe(done, seen({}, { deleted: true }), now).operation.phase, 'Succeeded');
});

test('a deletion is Cancelled when we asked for it, and Failed by ExternalDeletion otherwise', () => {
  const gone = seen({}, { deleted: true });
  assert.equal(observe({ ...operation, cancelRequestedAt: now }, gone, now).operation.phase, 'Cancelled');
  const failed = observe(operation, gone, now).operation;
  assert.equal(failed.phase, 'Failed');
  assert.equal(failed.conditions.find(({ type }) => type === 'Failed')?.reason, 'ExternalDeletion');
});

test('another resource of the same name is not ours', () => {
  assert.equal(observe({ ...operation, uid: 'uid-0' }, last, now).changed, false);
});

test('a partial failure is told apart in both vocabularies', () => {
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

test('a status of any shape is read as far as it makes sense, and never an error', () => {
  fc.assert(
    fc.property(fc.anything(), (status) => {
      observe(operation, seen({}, { status: ObservedStatus.parse(status) }), now);
    }),
  );
  const odd = ObservedStatus.parse({
    phase: 'Imagined',
    conditions: ['x', accepted, { type: 1 }],
    progress: { totalItems: -1, itemsBackedUp: 'many' },
  });
  const read = observe(operation, seen({}, { status: odd }), now).operation;
  assert.equal(read.phase, 'Pending');
  assert.ok(read.conditions.some(({ type }) => type === 'Accepted'));
});
