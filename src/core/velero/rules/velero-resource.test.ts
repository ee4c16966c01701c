/** What is recorded of Velero's resources follows what Velero states, and forgets no copy for a blink. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  velerosAt as at,
  exampleWord as row,
  exampleBackup as seen,
} from '../../../../test/support/core/velero-example.ts';
import { betterTimes, isWordOf } from './better-times.ts';
import { vanishedEvent } from './vanished.ts';
import { isComplete, veleroKnown } from './velero-known.ts';
import { markedAway, recorded, VeleroResource, wordsOf } from './velero-resource.ts';

const made = { id: row.id, organizationId: row.organizationId, clusterId: row.clusterId };
const again = (known: VeleroResource | undefined, more: object = {}, now = at(30)) =>
  recorded(known, { ...seen, ...more }, made, now);

/** Each field that a row can have. */
const whole: Required<VeleroResource> = {
  ...{ ...row, operationUid: 'uid-1', target: 'wiki', veleroSchedule: 'nightly', backupName: 'b', queuePosition: 3 },
  ...{ storageLocation: 'minio', createdAt: at(0), startedAt: at(1), completedAt: at(5), expiresAt: at(9) },
  ...{ totalItems: 41, itemsDone: 40, warningCount: 2, errorCount: 1, failureReason: 'f', validationErrors: ['v'] },
  ...{ deletingSince: at(6), awayAt: at(7), goneAt: at(8) },
};

test('a row keeps each field that Velero states', () => {
  assert.deepEqual(VeleroResource.parse(whole), whole);
  const { awayAt: _, goneAt: __, ...there } = whole;
  const { id, organizationId, clusterId, copied: ___, told: ____, firstSeenAt: _____, seenAt: ______, ...word } = there;
  const first = recorded(undefined, { ...word, namespace: 'velero', deleted: false }, made, at(30));
  assert.deepEqual(first, { ...there, told: false, firstSeenAt: at(30), seenAt: at(30) });
});

test('a copy keeps all its times and counts while a run of its name is none', () => {
  const counts = { totalItems: 1, itemsDone: 1, warningCount: 7, errorCount: 7 };
  const runs = { startedAt: at(25), completedAt: at(26), expiresAt: at(27), ...counts };
  const { startedAt, completedAt, expiresAt, totalItems, itemsDone, warningCount, errorCount } = whole;
  assert.partialDeepStrictEqual(again(whole, { uid: 'uid-2', phase: 'InProgress', ...runs }), {
    ...{ startedAt, completedAt, expiresAt, totalItems, itemsDone, warningCount, errorCount },
  });
});

test('what Velero states again is not written again', () => {
  const first = again(undefined);
  assert.equal(first?.copied, true);
  assert.equal(again(first), undefined);
  assert.equal(again(first, { phase: 'Deleting' })?.copied, true, 'the copy was made');
});

test('a copy that blinks is away and then there again under another uid, with the id and the times that it had', () => {
  const away = again(row, { deleted: true }, at(20));
  assert.deepEqual([away?.awayAt, away?.goneAt], [at(20), undefined]);
  assert.equal(again(away, { deleted: true }, at(21)), undefined, 'away since the first time');
  const back = again(away, { uid: 'uid-2' });
  assert.deepEqual([back?.id, back?.awayAt, back?.startedAt, back?.uid], [row.id, undefined, row.startedAt, 'uid-2']);
});

test('the end of an older resource of that name takes nothing away', () => {
  assert.equal(again(row, { deleted: true, uid: 'another' }), undefined);
});

test('a Restore leaves nothing behind that could come back', () => {
  assert.equal(markedAway({ ...row, kind: 'Restore' }, at(20))?.goneAt, at(20));
});

test('a second Backup of the name, which Velero refuses, leaves the copy its times and counts', () => {
  const refused = again(row, {
    ...{ uid: 'uid-2', phase: 'Failed', failureReason: 'backup already exists in object storage' },
    ...{ startedAt: at(25), expiresAt: at(9_999), completedAt: at(25), totalItems: undefined, itemsDone: undefined },
  });
  assert.deepEqual(
    [refused?.phase, refused?.copied, refused?.startedAt, refused?.expiresAt, refused?.itemsDone],
    ['Failed', true, row.startedAt, row.expiresAt, row.itemsDone],
  );
});

test('a copy that is gone is there again once its Backup, run again, has made one, and not while it runs', () => {
  const gone: VeleroResource = { ...row, awayAt: at(20), goneAt: at(26) };
  const runs = { uid: 'uid-2', startedAt: at(29), completedAt: undefined };
  for (const phase of ['New', 'Queued', 'InProgress', 'Failed', 'FailedValidation']) {
    const running = again(gone, { ...runs, phase });
    assert.deepEqual([running?.phase, running?.awayAt, running?.goneAt], [phase, at(20), at(26)]);
    const replaced = again(row, { ...runs, phase });
    assert.deepEqual([replaced?.awayAt, replaced?.goneAt], [at(30), undefined], 'its own end was not seen');
    assert.equal(again(running, { ...runs, phase, deleted: true }), undefined, 'it was away before');
  }
  const reason = { failureReason: 'backup already exists in object storage' };
  for (const there of [{ phase: 'Completed' }, { phase: 'PartiallyFailed' }, { phase: 'Failed', ...reason }]) {
    const back = again(again(gone, { ...runs, phase: 'InProgress' }), { ...runs, ...there });
    assert.deepEqual([back?.awayAt, back?.goneAt], [undefined, undefined]);
  }
});

test('an end is told to its Operation again only when it is another one', () => {
  const told = { ...row, told: true };
  assert.equal(again(told, { warningCount: 9 })?.told, true);
  assert.equal(again(told, { phase: 'PartiallyFailed' })?.told, false);
});

test('a resource with a name that no row can hold is left out', () => {
  assert.equal(again(undefined, { name: 'Not a name' }), undefined);
  assert.equal(again(undefined, { uid: ' ' }), undefined);
});

test("Velero's times are better known, and an end before the start is none", () => {
  const operator = { startedAt: at(40), finishedAt: at(41), expiresAt: at(42), other: 1 };
  assert.deepEqual(betterTimes(operator, undefined), operator);
  assert.deepEqual(betterTimes(operator, { expiresAt: at(1) }), operator, 'it has not begun');
  assert.deepEqual(betterTimes(operator, row), {
    ...{ startedAt: row.startedAt, finishedAt: row.completedAt, expiresAt: row.expiresAt, other: 1 },
  });
  assert.equal(betterTimes(operator, { ...row, completedAt: at(-5) }).finishedAt, at(41));
});

test('a word is about an Operation by its name, and by the uid where both have one', () => {
  const about = (uid: string | undefined, operationUid: string | undefined) =>
    isWordOf({ name: row.name, uid }, { name: row.name, operationUid });
  assert.deepEqual(
    [about('a', 'a'), about('a', 'b'), about(undefined, 'b'), about('a', undefined)],
    [true, false, true, true],
  );
  assert.equal(isWordOf({ name: 'other' }, row), false);
});

test('a copy that vanished is told to its owner once, unless it had expired or nobody expected it', () => {
  const owner = { operationId: row.id, cancelled: false };
  const gone = { ...row, awayAt: at(20) };
  const event = vanishedEvent(gone, owner, at(30));
  assert.deepEqual([event?.type, event?.reason, event?.operationId], ['Warning', 'CopyVanished', row.id]);
  assert.match(event?.message ?? '', /aws-primary .*although it was to be kept until/);
  const saysAsked = (more: object) =>
    / Velero was asked to delete it\.$/.test(vanishedEvent({ ...gone, ...more }, owner, at(30))?.message ?? '');
  assert.deepEqual([{}, { deletingSince: at(19) }, { phase: 'Deleting' }].map(saysAsked), [false, true, true]);
  assert.equal(vanishedEvent({ ...gone, expiresAt: at(29) }, owner, at(30)), undefined);
  assert.equal(vanishedEvent({ ...gone, copied: false }, owner, at(30)), undefined);
  assert.equal(vanishedEvent(gone, { ...owner, cancelled: true }, at(30)), undefined);
  assert.equal(vanishedEvent(gone, undefined, at(30)), undefined);
});

test('Velero is put in words with its counts and all that it says', () => {
  const words = { phase: 'PartiallyFailed', errorCount: 1, warningCount: 3, totalItems: 40, validationErrors: [] };
  assert.equal(
    wordsOf({ ...words, failureReason: 'x' }),
    'Velero states PartiallyFailed (1 error, 3 warnings, 40 items): x',
  );
  assert.equal(
    wordsOf({ phase: 'FailedValidation', validationErrors: ['a', 'b'] }),
    'Velero states FailedValidation: a; b',
  );
});

test('VeleroKnown says why nothing is known, and a copy counts as away only while both kinds are followed', () => {
  const refused = (status: number) => ({ kind: 'Refused', reason: 'Forbidden', status, message: 'no' }) as const;
  const reason = (state: Parameters<typeof veleroKnown>[0], leftOutCount = 0) => {
    const { status, reason: why } = veleroKnown(state, leftOutCount);
    return [status, why, isComplete(state)];
  };
  const limited = (resource: string, why: 'Refused' | 'Polled') =>
    ({ kind: 'Watching', limited: [{ resource, reason: why, message: 'no' }] }) as const;
  assert.deepEqual(reason({ kind: 'Watching' }), ['True', 'Followed', true]);
  assert.deepEqual(reason({ kind: 'Watching' }, 3), ['True', 'LeftOut', true]);
  assert.deepEqual(reason(limited('restores', 'Refused')), ['True', 'Limited', true]);
  assert.deepEqual(reason(limited('backups', 'Polled')), ['True', 'Limited', true]);
  assert.deepEqual(reason(limited('backupstoragelocations', 'Refused')), ['True', 'Limited', false]);
  assert.deepEqual(reason({ kind: 'Interrupted', failure: refused(403) }), ['False', 'NotAllowed', false]);
  assert.deepEqual(reason({ kind: 'Interrupted', failure: refused(404) }), ['False', 'NotServed', false]);
  const away = { kind: 'Unreachable', message: 'away' } as const;
  assert.deepEqual(reason({ kind: 'Interrupted', failure: away }), ['Unknown', 'Interrupted', false]);
});
