import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeNamedBackup, type NamedBackup, type VelerosBackup } from './named-backup.ts';

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
const judgedWith = (velerosBackup: VelerosBackup, ...found: NamedBackup[]) =>
  judgeNamedBackup({ backupName: 'nightly', cluster, velerosBackup }, found, now).join();
const judged = (...found: NamedBackup[]) => judgedWith('Unknown', ...found);

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

test('where all Backups of Velero are known, a name that is not among them is refused, and one that is needs no record here', () => {
  const refused = (...found: NamedBackup[]) =>
    assert.throws(() => judgedWith('Missing', ...found), /has no Backup of that/);
  refused();
  refused(made());
  refused(made({ phase: 'Failed' }));
  assert.throws(
    () => judgedWith('Missing', made({ clusterId: 'other' }, { clusterName: 'old' })),
    /was made in old: Velero of prod sees it once/,
  );
  assert.equal(judgedWith('There'), '');
  assert.equal(judgedWith('There', made()), '');
});

test("a copy of which Velero's word may be on its way is not refused", () => {
  assert.match(judgedWith('Missing', made({ phase: 'Running' })), /is Running: its copy is not there yet/);
  assert.equal(judgedWith('Missing', made({ finishedAt: '2026-05-28T11:55:01.000Z' })), '');
  assert.throws(() => judgedWith('Missing', made({ finishedAt: '2026-05-28T11:55:00.000Z' })));
});

test('of Backups of one name the one with a copy counts, here before elsewhere, and without a copy the one that is here', () => {
  const here = made({ phase: 'Failed' });
  const there = (phase: 'Succeeded' | 'Failed') => made({ phase, clusterId: 'other' }, { clusterName: 'old' });
  assert.equal(judged(there('Succeeded'), made()), '');
  assert.match(judged(here, there('Succeeded')), /was made in old/);
  assert.match(judged(there('Failed'), here), /^[^.]*\.backupName: the Backup nightly is Failed: [^.]*known\.$/);
  assert.match(judged(there('Failed')), /is Failed: .*was made in old/);
});

test('each warning is about the field, and there is none at the moment that a cluster was rebuilt, nor without an expiry', () => {
  const warnings = judged(made({ clusterId: 'other', expiresAt: now })).split(',parameters.backupName: ');
  assert.equal(warnings.length, 2);
  assert.ok(warnings[0]?.startsWith('parameters.backupName: the copy nightly expired'));
  assert.ok(warnings[1]?.startsWith('the copy nightly was made in prod'));
  assert.equal(judged(made({}, { copiesFrom: '2026-05-28T02:00:00.000Z' })), '', 'made when the cluster was rebuilt');
  assert.equal(judged(made({ expiresAt: undefined })), '');
});
