import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, slots, well } from '../../../../test/support/core/protection-example.ts';
import { judgeProtection } from './judge-protection.ts';
import type { ProtectionFacts } from './protection.ts';

const judged = (more: Partial<ProtectionFacts>, now = day(12)) => {
  const { status, reason } = judgeProtection({ ...well, ...more }, now, slots);
  return `${status} ${reason}`;
};

test('backups that wait for an open Restore put the application at risk once its class allows no longer wait', () => {
  const restoreWait = { name: 'r', since: day(10), limitSeconds: 7200 };
  assert.equal(judged({ restoreWait }, day(11.99)), 'Protected WithinTarget');
  assert.equal(judged({ restoreWait }), 'AtRisk RestoreOpen');
  assert.equal(judged({ restoreWait: { ...restoreWait, limitSeconds: 86_400 } }), 'Protected WithinTarget');
});

test('a finished Restore that is Pending again is a risk, unless a backup runs, whose end it waits for', () => {
  const blockedRestore = { name: 'r', since: day(11), message: 'conflicting Operation "b" (Backup) is in flight' };
  const inFlight = { since: day(11), delivered: true };
  assert.equal(judged({ blockedRestore }), 'AtRisk BlockedByEnded');
  assert.equal(judged({ blockedRestore: { ...blockedRestore, since: day(12) } }), 'Protected WithinTarget');
  assert.equal(judged({ blockedRestore, inFlight }), 'Protected WithinTarget');
  const waiting = { reason: 'ConflictingOperation', message: 'blocked by r', since: day(11) };
  assert.equal(judged({ blockedRestore, inFlight: { ...inFlight, waiting } }), 'AtRisk BlockedByEnded');
});
