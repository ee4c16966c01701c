/** What is told of a copy that is gone and of one that is back, and whose it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { velerosAt as at, exampleWord } from '../../../../test/support/core/velero-example.ts';
import { countsOf } from './better-times.ts';
import { returnedEvent, vanishedEvent } from './vanished.ts';
import { wordsOf } from './velero-resource.ts';

const now = at(30);
const copy = { ...exampleWord, awayAt: at(20) };
const { organizationId, clusterId } = copy;
const owner = { operationId: 'o-1', scheduleId: 's-1', applicationInstanceId: 'i-1', cancelled: false };

test('an event of a copy names its owner as far as it is known, and when and where it was', () => {
  const message = `The copy ${copy.name} is not in the storage location aws-primary any more, since ${at(20)}, although it was to be kept until ${copy.expiresAt}.`;
  const { cancelled: _, ...ids } = owner;
  const base = { organizationId, clusterId, type: 'Warning', reason: 'CopyVanished', at: now };
  assert.deepEqual(vanishedEvent(copy, owner, now), { ...base, ...ids, message });
  assert.deepEqual(vanishedEvent(copy, { cancelled: false }, now), { ...base, message });
  const bare = { ...copy, awayAt: undefined, storageLocation: undefined, expiresAt: undefined };
  assert.equal(
    vanishedEvent(bare, owner, now)?.message,
    `The copy ${copy.name} is not in the storage location default any more, since ${now}.`,
  );
  assert.equal(vanishedEvent({ ...copy, expiresAt: now }, owner, now), undefined, 'it expires at that moment');
});

test('a copy that is there again is told to its owner in the words of Velero, also one that was cancelled', () => {
  const message = `The copy ${copy.name} is there again. ${wordsOf(copy)}`;
  for (const cancelled of [false, true]) {
    const { cancelled: _, ...ids } = owner;
    assert.deepEqual(returnedEvent(copy, { ...owner, cancelled }, now), {
      ...{ organizationId, clusterId, ...ids, type: 'Normal', reason: 'CopyReturned', message, at: now },
    });
  }
  assert.equal(returnedEvent({ ...copy, copied: false }, owner, now), undefined);
  assert.equal(returnedEvent(copy, undefined, now), undefined);
});

test('counts are those of what has ended, of what is done before what was planned, and zero is a count', () => {
  const counted = { totalItems: 40, itemsDone: 39, warningCount: 0, errorCount: 2 };
  const ended = { ...copy, copied: false, phase: 'Failed', ...counted };
  assert.deepEqual(countsOf(ended), { itemCount: 39, warningCount: 0, errorCount: 2 });
  assert.deepEqual(countsOf({ ...ended, itemsDone: undefined, warningCount: undefined }), {
    itemCount: 40,
    errorCount: 2,
  });
  assert.deepEqual(countsOf({ ...ended, phase: 'InProgress', copied: true }).itemCount, 39);
  assert.deepEqual(countsOf({ ...ended, phase: 'InProgress' }), {});
  assert.deepEqual(countsOf(undefined), {});
});

test('Velero is put in words without counts that it does not state, one of each in the singular', () => {
  const word = { phase: 'Failed', validationErrors: [] };
  assert.equal(wordsOf(word), 'Velero states Failed.');
  assert.equal(
    wordsOf({ ...word, errorCount: 0, warningCount: 1, itemsDone: 1 }),
    'Velero states Failed (0 errors, 1 warning, 1 item).',
  );
  assert.equal(wordsOf({ ...word, totalItems: 9, itemsDone: 1 }), 'Velero states Failed (9 items).');
  assert.equal(wordsOf({ ...word, validationErrors: ['a'], failureReason: 'b' }), 'Velero states Failed: a; b');
});
