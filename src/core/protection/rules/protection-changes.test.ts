import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Protection } from './protection.ts';
import { newsOf, type Told } from './protection-changes.ts';

const now = '2026-05-28T10:00:00.000Z';
const id = '01a1fc2c-56c4-7482-a9b6-392998819805';
const protection = (status: Protection['status'], more: Partial<Protection> = {}): Protection => ({
  ...{ applicationInstanceId: id, organizationId: id, clusterId: id, applicationClassId: id },
  ...{ namespace: 'org-myteam', name: 'nextcloud-myteam', status, reason: 'WithinTarget', message: 'Because.' },
  ...more,
});
const told = (status: Told['status']): Told => ({ status, since: '2026-05-01T00:00:00.000Z', revision: 4 });
const events = (before: Told | undefined, after: Protection) =>
  newsOf(before, after, now)?.events.map(({ type, reason }) => `${type} ${reason}`);
const copy = {
  operationId: id,
  startedAt: '2026-05-27T12:00:00.000Z',
  finishedAt: now,
  expiresAt: '2026-05-28T12:00:00.000Z',
};

describe('what is told of protection', () => {
  test('a change of status once, with a warning when it asks for a look', () => {
    assert.deepEqual(events(told('Protected'), protection('AtRisk')), ['Warning AtRisk']);
    assert.deepEqual(events(told('AtRisk'), protection('Breached')), ['Warning Breached']);
    assert.deepEqual(events(told('Breached'), protection('Unprotected')), ['Warning Unprotected']);
    assert.deepEqual(events(told('Breached'), protection('Protected')), ['Normal Protected']);
    assert.equal(newsOf(told('Breached'), protection('Breached'), now), undefined);
  });

  test('of a new application only what is amiss; a first copy that is awaited is no warning', () => {
    assert.deepEqual(events(undefined, protection('Unprotected')), []);
    assert.deepEqual(events(undefined, protection('Protected')), []);
    assert.deepEqual(events(undefined, protection('Breached')), ['Warning Breached']);
    assert.deepEqual(events(undefined, protection('AtRisk', { reason: 'AwaitingFirstCopy' })), ['Normal AtRisk']);
  });

  test('that the last good copy is about to expire once a copy, whatever the status', () => {
    const expiring = protection('Breached', { lastGoodCopy: copy });
    const first = newsOf(told('Breached'), expiring, now);
    assert.deepEqual(events(told('Breached'), expiring), ['Warning RecoveryPointExpiring']);
    assert.deepEqual([first?.told.since, first?.told.revision], ['2026-05-01T00:00:00.000Z', 5]);
    assert.equal(newsOf(first?.told, expiring, now), undefined);
    assert.equal(newsOf(told('Breached'), expiring, '2026-05-28T05:59:59.000Z'), undefined, 'not yet');
    assert.equal(newsOf(told('Breached'), expiring, '2026-05-28T12:00:00.000Z'), undefined, 'it has expired');
    const next = { ...expiring, lastGoodCopy: { ...copy, operationId: 'another' } };
    assert.deepEqual(events(first?.told, next), ['Warning RecoveryPointExpiring']);
  });
});
