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

  test('what is recorded, and each event, is of the application, the time and the copy that it is about', () => {
    const ids = { applicationInstanceId: 'app', organizationId: 'organization', clusterId: 'cluster' };
    const judged = protection('Breached', { ...ids, lastGoodCopy: copy });
    assert.deepEqual(protectionChange(recorded('Protected'), judged, now), {
      protection: judged,
      recorded: { status: 'Breached', since: now, expiringOperationId: id, revision: 5 },
      events: [
        { ...ids, at: now, type: 'Warning', reason: 'Breached', message: 'Because.' },
        {
          ...{ ...ids, at: now, type: 'Warning', reason: 'RecoveryPointExpiring', operationId: id },
          message: 'The last good copy expires at 2026-05-28T12:00:00.000Z, and there is no newer one.',
        },
      ],
    });
    const first = { status: 'Protected', since: now, expiringOperationId: undefined, revision: 1 };
    assert.deepEqual(protectionChange(undefined, protection('Protected'), now)?.recorded, first);
  });

  test('a copy is about to expire from a quarter of its life before its end, until its end', () => {
    const at = (moment: string) =>
      protectionChange(recorded('Breached'), protection('Breached', { lastGoodCopy: copy }), moment)?.events.length ??
      0;
    assert.deepEqual(
      ['05:59:59.999', '06:00:00.000', '11:59:59.999', '12:00:00.000'].map((time) => at(`2026-05-28T${time}Z`)),
      [0, 1, 1, 0],
    );
  });

  test('a change of status forgets no copy for which its expiry was recorded', () => {
    const before = { ...recorded('Protected'), expiringOperationId: id };
    assert.equal(protectionChange(before, protection('Breached'), now)?.recorded.expiringOperationId, id);
    const both = protectionChange(before, protection('Breached', { lastGoodCopy: copy }), now);
    assert.deepEqual(
      both?.events.map(({ reason }) => reason),
      ['Breached'],
    );
  });

  test('AtRisk is a warning, also of a new application, unless its first copy is awaited', () => {
    assert.deepEqual(events(undefined, protection('AtRisk', { reason: 'LastAttemptFailed' })), ['Warning AtRisk']);
    assert.deepEqual(events(recorded('Protected'), protection('AtRisk', { reason: 'AwaitingFirstCopy' })), [
      'Normal AtRisk',
    ]);
  });
});
