import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import { exampleWord, velerosAt } from '../../../../test/support/core/velero-example.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import { recoveryPointOf } from './recovery-point.ts';

const succeeded: Operation = {
  ...exampleOperation,
  phase: 'Succeeded',
  startedAt: '2026-05-28T10:00:00.000Z',
  finishedAt: '2026-05-28T10:04:00.000Z',
  expiresAt: '2026-06-27T10:00:00.000Z',
};

describe('a recovery point', () => {
  test('is there of a Backup that ended here and succeeded in its cluster, from when that was known', () => {
    const contradiction = { phase: 'Succeeded', message: 'm', at: '2026-05-28T12:00:00.000Z' } as const;
    const late = recoveryPointOf({ ...succeeded, phase: 'Failed', contradiction });
    assert.equal(late?.finishedAt, contradiction.at);
    assert.equal(recoveryPointOf({ ...succeeded, phase: 'Failed' }), undefined);
    assert.equal(recoveryPointOf(succeeded)?.finishedAt, succeeded.finishedAt);
    assert.equal(recoveryPointOf({ ...succeeded, type: 'Restore' }), undefined);
  });

  test('has all that a restore needs: the name of the copy, its location, and until when it is kept', () => {
    const outputs = { backupItemCount: '1342', backupSizeBytes: '53687091200', storageLocation: 'aws-secondary' };
    const point = recoveryPointOf({ ...succeeded, outputs });
    assert.deepEqual(point, {
      id: succeeded.id,
      operationId: succeeded.id,
      organizationId: succeeded.organizationId,
      clusterId: succeeded.clusterId,
      applicationInstanceId: succeeded.applicationInstanceId,
      namespace: 'org-myteam',
      target: 'nextcloud-myteam',
      backupName: 'nextcloud-myteam-backup-2026-05-28',
      storageLocation: 'aws-secondary',
      startedAt: '2026-05-28T10:00:00.000Z',
      finishedAt: '2026-05-28T10:04:00.000Z',
      expiresAt: '2026-06-27T10:00:00.000Z',
      collectedBy: '2026-06-27T11:00:00.000Z',
      ttl: '720h',
      ttlSource: 'request',
      partial: false,
      itemCount: 1342,
      sizeBytes: 53687091200,
      knownFrom: 'Operator',
    });
  });

  test('is better known from Velero: when it began, until when it is kept, how many items, and whether it is partial', () => {
    const known = recoveryPointOf(succeeded, { ...exampleWord, phase: 'PartiallyFailed', lastSeenAt: velerosAt(60) });
    assert.deepEqual(
      [known?.knownFrom, known?.startedAt, known?.expiresAt, known?.itemCount, known?.partial, known?.lastSeenAt],
      ['Velero', exampleWord.startedAt, exampleWord.expiresAt, 412, true, velerosAt(60)],
    );
    const running = recoveryPointOf(succeeded, { ...exampleWord, copied: false, lastSeenAt: velerosAt(60) });
    assert.equal(running?.knownFrom, 'Operator', 'Velero has not made it yet');
  });

  test('counts that are no counts are left out, and the location is the one that was asked for', () => {
    for (const odd of ['', '12 GB', '-1', '1e3', 1.5, -3, null, {}, '99999999999999999999']) {
      const point = recoveryPointOf({ ...succeeded, outputs: { backupItemCount: odd, backupSizeBytes: odd } });
      assert.deepEqual([point?.itemCount, point?.sizeBytes], [undefined, undefined], String(odd));
      assert.equal(point?.storageLocation, 'aws-primary');
    }
    assert.equal(recoveryPointOf({ ...succeeded, parameters: {} })?.storageLocation, 'default');
    assert.equal(recoveryPointOf({ ...succeeded, outputs: { backupItemCount: 7 } })?.itemCount, 7);
  });

  test('a partial failure left one that says so', () => {
    const degraded = {
      type: 'Degraded',
      reason: 'PartialFailure',
      message: '',
      lastTransitionTime: succeeded.createdAt,
    };
    const partial = (status: 'True' | 'False') =>
      recoveryPointOf({ ...succeeded, conditions: [{ ...degraded, status }] })?.partial;
    assert.deepEqual([partial('True'), partial('False')], [true, false]);
  });

  test('what did not succeed, and what is no backup, left none', () => {
    for (const phase of ['Pending', 'Running', 'Failed', 'Cancelled'] as const)
      assert.equal(recoveryPointOf({ ...succeeded, phase }), undefined, phase);
    assert.equal(recoveryPointOf({ ...succeeded, type: 'Restore' }), undefined);
  });

  test('has what Velero states of its copy: times, counts, location, and when it was seen, or found to be gone', () => {
    const scheduleId = '01a1fc2c-56dc-776a-9702-a499873becfb';
    const goneAt = velerosAt(90);
    const word = { ...exampleWord, storageLocation: 'aws-secondary', errorCount: 3, goneAt, lastSeenAt: velerosAt(60) };
    const outputs = { backupName: 'copy-7', storageLocation: 'aws-primary', backupItemCount: 7, backupSizeBytes: 512 };
    const seen = { ...succeeded, scheduleId, outputs, resourceGoneAt: velerosAt(80), observedAt: velerosAt(7) };
    assert.deepEqual(recoveryPointOf(seen, word), {
      ...{ id: succeeded.id, operationId: succeeded.id, organizationId: succeeded.organizationId },
      ...{ clusterId: succeeded.clusterId, applicationInstanceId: succeeded.applicationInstanceId, scheduleId },
      ...{ namespace: 'org-myteam', target: 'nextcloud-myteam', backupName: 'copy-7' },
      ...{ storageLocation: 'aws-secondary', startedAt: velerosAt(1), finishedAt: velerosAt(5) },
      ...{ expiresAt: velerosAt(1 + 720 * 60), collectedBy: velerosAt(1 + 721 * 60) },
      ...{ ttl: '720h', ttlSource: 'request', partial: false, itemCount: 412, warningCount: 2, errorCount: 3 },
      ...{ sizeBytes: 512, knownFrom: 'Velero', lastSeenAt: velerosAt(60), goneAt, resourceGoneAt: velerosAt(80) },
    });
    const { storageLocation: _, ...nowhere } = word;
    assert.equal(recoveryPointOf(seen, nowhere)?.storageLocation, 'aws-primary');
    assert.equal(recoveryPointOf(seen)?.lastSeenAt, velerosAt(7), 'what the operator stated last');
  });

  test('has no more than is known, and begins when it was asked for where nobody states when it began', () => {
    const { applicationInstanceId: _, ttlSource: __, startedAt: ___, ...less } = succeeded;
    const point = recoveryPointOf({ ...less, outputs: { backupName: '', storageLocation: '' } });
    for (const absent of [
      ...['applicationInstanceId', 'scheduleId', 'ttlSource', 'itemCount', 'sizeBytes', 'warningCount', 'errorCount'],
      ...['lastSeenAt', 'goneAt', 'resourceGoneAt'],
    ])
      assert.ok(point !== undefined && !(absent in point), absent);
    assert.equal(point?.startedAt, succeeded.createdAt);
    assert.deepEqual([point?.backupName, point?.storageLocation], [succeeded.name, 'aws-primary']);
    const short = recoveryPointOf({ ...less, outputs: { backupName: 'b', storageLocation: 's' } });
    assert.deepEqual([short?.backupName, short?.storageLocation], ['b', 's']);
  });

  test('is none without items, and none whose end, expiry or time to live is not known', () => {
    assert.equal(recoveryPointOf({ ...succeeded, outputs: { backupItemCount: 0 } }), undefined);
    assert.equal(recoveryPointOf({ ...succeeded, outputs: { backupItemCount: 1 } })?.itemCount, 1);
    for (const unknown of ['finishedAt', 'expiresAt', 'ttl'])
      assert.equal(recoveryPointOf({ ...succeeded, [unknown]: undefined }), undefined, unknown);
    const contradiction = { phase: 'Failed', message: 'm', at: '2026-05-28T12:00:00.000Z' } as const;
    assert.equal(recoveryPointOf({ ...succeeded, phase: 'Failed', contradiction }), undefined);
    const kept = { ...contradiction, phase: 'Succeeded' } as const;
    assert.equal(recoveryPointOf({ ...succeeded, contradiction: kept })?.finishedAt, succeeded.finishedAt);
  });

  test('is partial only by what degrades it, and while Velero says so', () => {
    const other = { type: 'Restorable', status: 'True', reason: 'R', message: '', lastTransitionTime: '' } as const;
    assert.equal(recoveryPointOf({ ...succeeded, conditions: [other] })?.partial, false);
    const word = { ...exampleWord, phase: 'PartiallyFailed', copied: false, lastSeenAt: velerosAt(60) };
    assert.equal(recoveryPointOf(succeeded, word)?.partial, false, 'no word about this copy');
  });
});
