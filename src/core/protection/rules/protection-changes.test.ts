import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JudgedProtection } from './judge-protection.ts';
import { protectionChange, type RecordedProtection } from './protection-changes.ts';

const now = '2026-05-28T10:00:00.000Z';
const id = '01a1fc2c-56c4-7482-a9b6-392998819805';
const protection = (status: JudgedProtection['status'], more: Partial<JudgedProtection> = {}): JudgedProtection => ({
  ...{ applicationInstanceId: id, organizationId: id, clusterId: id, applicationClassId: id },
  ...{ namespace: 'org-myteam', name: 'nextcloud-myteam', status, reason: 'WithinTarget', message: 'Because.' },
  ...more,
});
const recorded = (status: RecordedProtection['status']): RecordedProtection => ({
  status,
  since: '2026-05-01T00:00:00.000Z',
  revision: 4,
});
const events = (before: RecordedProtection | undefined, after: JudgedProtection) =>
  protectionChange(before, after, now)?.events.map(({ type, reason }) => `${type} ${reason}`);
const copy = {
  operationId: id,
  startedAt: '2026-05-27T12:00:00.000Z',
  finishedAt: now,
  expiresAt: '2026-05-28T12:00:00.000Z',
};

describe('the events of protection', () => {
  test('a change of status is recorded once, as a warning unless the application is Protected again', () => {
    assert.deepEqual(events(recorded('Protected'), protection('AtRisk')), ['Warning AtRisk']);
    assert.deepEqual(events(recorded('AtRisk'), protection('Breached')), ['Warning Breached']);
    assert.deepEqual(events(recorded('Breached'), protection('Unprotected')), ['Warning Unprotected']);
    assert.deepEqual(events(recorded('Breached'), protection('Protected')), ['Normal Protected']);
    assert.equal(protectionChange(recorded('Breached'), protection('Breached'), now), undefined);
  });

  test('of a new application only AtRisk and Breached are recorded; a first copy that is awaited is no warning', () => {
    assert.deepEqual(events(undefined, protection('Unprotected')), []);
    assert.deepEqual(events(undefined, protection('Protected')), []);
    assert.deepEqual(events(undefined, protection('Breached')), ['Warning Breached']);
    assert.deepEqual(events(undefined, protection('AtRisk', { reason: 'AwaitingFirstCopy' })), ['Normal AtRisk']);
  });

  test('a last good copy that is about to expire is recorded once a copy, whatever the status', () => {
    const expiring = protection('Breached', { lastGoodCopy: copy });
    const first = protectionChange(recorded('Breached'), expiring, now);
    assert.deepEqual(events(recorded('Breached'), expiring), ['Warning RecoveryPointExpiring']);
    assert.deepEqual([first?.recorded.since, first?.recorded.revision], ['2026-05-01T00:00:00.000Z', 5]);
    assert.equal(protectionChange(first?.recorded, expiring, now), undefined);
    assert.equal(protectionChange(recorded('Breached'), expiring, '2026-05-28T05:59:59.000Z'), undefined, 'not yet');
    assert.equal(
      protectionChange(recorded('Breached'), expiring, '2026-05-28T12:00:00.000Z'),
      undefined,
      'it has expired',
    );
    const next = { ...expiring, lastGoodCopy: { ...copy, operationId: 'another' } };
    assert.deepEqual(events(first?.recorded, next), ['Warning RecoveryPointExpiring']);
  });
});
