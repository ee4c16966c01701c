/** Of thousands of Backups only what is recorded is kept in memory, and nothing that one states stops the watch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observationOf } from '../resource.ts';
import { veleroKinds } from './observed-velero.ts';

const [backups, restores, locations] = veleroKinds;
const how = { deleted: false, source: 'Listed' } as const;
const metadata = { name: 'b', namespace: 'velero', uid: 'u', creationTimestamp: '2026-05-28T10:00:00Z' };

test('a Backup is read with its owner, its times and its counts', () => {
  const labels = { 'ops.vworkspace.io/operation': 'uid-1', 'ops.vworkspace.io/target': 'cloud', other: 'x' };
  const seen = observationOf(
    backups,
    {
      metadata: { ...metadata, labels, annotations: { large: 'x'.repeat(10_000) } },
      spec: { includedNamespaces: ['org', '*'], storageLocation: 'aws', ttl: '1h' },
      status: {
        ...{
          phase: 'Queued',
          queuePosition: 3,
          startTimestamp: '2026-05-28T10:01:00Z',
          expiration: '2026-06-28T10:01:00Z',
        },
        ...{ progress: { totalItems: 9, itemsBackedUp: 4 }, warnings: 1, errors: 2, validationErrors: ['a'] },
      },
    },
    how,
  );
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), {
    ...{
      kind: 'Backup',
      name: 'b',
      namespace: 'velero',
      uid: 'u',
      deleted: false,
      operationUid: 'uid-1',
      target: 'cloud',
    },
    ...{ namespaces: ['org'], storageLocation: 'aws', phase: 'Queued', queuePosition: 3, validationErrors: ['a'] },
    ...{ createdAt: '2026-05-28T10:00:00.000Z', startedAt: '2026-05-28T10:01:00.000Z' },
    ...{ expiresAt: '2026-06-28T10:01:00.000Z', totalItems: 9, itemsDone: 4, warningCount: 1, errorCount: 2 },
  });
});

test('whatever else stands there is left out or cut', () => {
  const seen = observationOf(
    restores,
    {
      metadata: { ...metadata, labels: 7 },
      spec: { backupName: 'b', includedNamespaces: Array.from({ length: 100 }, (_, n) => `n${n}`) },
      status: {
        phase: '',
        errors: -1,
        warnings: 'many',
        startTimestamp: 'soon',
        failureReason: 'x'.repeat(9_999),
        validationErrors: [7, 'v'],
      },
    },
    how,
  );
  assert.deepEqual(
    [
      seen?.phase,
      seen?.namespaces.length,
      seen?.errorCount,
      seen?.warningCount,
      seen?.startedAt,
      seen?.validationErrors,
    ],
    ['New', 20, undefined, undefined, undefined, ['v']],
  );
  assert.ok((seen?.failureReason?.length ?? 0) <= 512);
  assert.equal(observationOf(backups, { metadata }, how)?.storageLocation, 'default');
});

test('a storage location without a phase is not available', () => {
  const phase = (status: object) => observationOf(locations, { metadata, status }, how)?.phase;
  assert.deepEqual(
    [phase({}), phase({ phase: 'Available' }), phase({ phase: 'x' })],
    ['Unavailable', 'Available', 'Unavailable'],
  );
});
