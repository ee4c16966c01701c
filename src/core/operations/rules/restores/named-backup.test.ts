import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeNamedBackup, type NamedBackup } from './named-backup.ts';

const now = '2026-05-28T12:00:00.000Z';
const cluster = { id: 'here', name: 'prod' };
const made = (more: Partial<NamedBackup['operation']> = {}, rest: Partial<NamedBackup> = {}): NamedBackup => ({
  operation: {
    ...{ name: 'nightly', phase: 'Succeeded', uid: 'u', clusterId: 'here' },
    createdAt: '2026-05-28T02:00:00.000Z',
    expiresAt: '2026-06-27T02:00:00.000Z',
    ...more,
  },
  unanswered: 0,
  clusterName: 'prod',
  ...rest,
});
const judged = (...found: NamedBackup[]) => judgeNamedBackup({ backupName: 'nightly', cluster }, found, now).join();

test('a Restore of a copy that is there is taken without a word', () => {
  assert.equal(judged(made()), '');
  assert.equal(judged(made({ phase: 'Cancelled', uid: undefined, clusterId: 'other' }), made()), '');
  assert.equal(judged(made({ phase: 'Failed', contradiction: { phase: 'Succeeded', message: '', at: now } })), '');
});

test('a Restore of a Backup that never reached its cluster is refused, for there is no such copy', () => {
  for (const phase of ['Failed', 'Cancelled'] as const)
    assert.throws(() => judged(made({ phase, uid: undefined })), /never reached its cluster|backupName/);
  assert.match(judged(made({ phase: 'Failed', uid: undefined }, { unanswered: 1 })), /whether it left a copy/);
});

test('a Restore of a copy that may be there is warned about, with the field and what to do', () => {
  assert.match(judged(), /^parameters\.backupName: no Backup nightly is known here.*listRecoveryPoints/);
  assert.match(judged(made({ phase: 'Running' })), /is Running: its copy is not there yet/);
  assert.match(judged(made({ phase: 'Failed' })), /is Failed: whether it left a copy is not known/);
  assert.match(judged(made({ expiresAt: now })), /expired at/);
  assert.match(judged(made({ clusterId: 'other' }, { clusterName: 'old' })), /was made in old.*same storage location/);
  assert.match(judged(made({}, { copiesFrom: now })), /before prod was rebuilt/);
});
