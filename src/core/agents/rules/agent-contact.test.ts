import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentContact, contactAfterBatch, contactAfterWait } from './agent-contact.ts';

const now = '2026-11-21T07:00:00.000Z';

describe('the contact to an agent', () => {
  const contact: AgentContact = { conditions: [], relistRevision: 0, relistWanted: false };
  const later = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

  test('missing heartbeats lead to one relist, and to another only after 150 s more', () => {
    let known = contactAfterBatch(contact, { heartbeat: true, relist: false }, now);
    const revisions = [150, 151, 200, 290, 302].map((seconds) => {
      known = contactAfterBatch(known, { heartbeat: false, relist: false }, later(seconds));
      return known.relistRevision;
    });
    assert.deepEqual(revisions, [0, 1, 1, 1, 2]);
  });

  test('an agent is silent when its last heartbeat, or else its token, is older than three minutes', () => {
    const silentAt = (known: Partial<AgentContact>, seconds: number) =>
      contactAfterWait({ ...contact, ...known }, later(seconds)).conditions.map(({ status }) => status);
    assert.deepEqual(silentAt({ tokenCreatedAt: now }, 180), []);
    assert.deepEqual(silentAt({ tokenCreatedAt: now }, 181), ['False']);
    assert.deepEqual(silentAt({ tokenCreatedAt: now, heartbeatAt: later(600) }, 780), []);
    assert.deepEqual(silentAt({ tokenCreatedAt: now, heartbeatAt: later(600) }, 781), ['False']);
    assert.deepEqual(silentAt({}, 781), [], 'without a token none is expected');
  });

  test('a clock that was put back holds up no relist', () => {
    const known = contactAfterBatch(contact, { heartbeat: false, relist: true }, later(86_400));
    assert.equal(contactAfterBatch(known, { heartbeat: false, relist: true }, now).relistRevision, 2);
    assert.deepEqual(contactAfterWait(known, now), known);
  });
});
