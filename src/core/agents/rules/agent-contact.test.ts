import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentContact, contactAfterBatch, contactAfterWait } from './agent-contact.ts';

const now = '2026-11-21T07:00:00.000Z';

describe('the contact to an agent', () => {
  const contact: AgentContact = { conditions: [], relistRevision: 0, relistWanted: false, unreadableCount: 0 };
  const later = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

  test('missing heartbeats lead to one relist, and to another only after 150 s more', () => {
    let known = contactAfterBatch(contact, { heartbeat: true, relist: false, unreadable: undefined }, now);
    const revisions = [150, 151, 200, 290, 302].map((seconds) => {
      known = contactAfterBatch(known, { heartbeat: false, relist: false, unreadable: undefined }, later(seconds));
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
    const known = contactAfterBatch(contact, { heartbeat: false, relist: true, unreadable: undefined }, later(86_400));
    assert.equal(
      contactAfterBatch(known, { heartbeat: false, relist: true, unreadable: undefined }, now).relistRevision,
      2,
    );
    assert.deepEqual(contactAfterWait(known, now), known);
  });

  test('what cannot be read is counted and reported for an hour, and leads to one relist in that time', () => {
    const batch = (count: number) => ({
      heartbeat: false,
      relist: false,
      unreadable: count === 0 ? undefined : { count, example: 'event.kind' },
    });
    const stateOf = ({ conditions, relistRevision, unreadableCount }: AgentContact) => [
      conditions.map(({ status, reason }) => `${status} ${reason}`).join(),
      relistRevision,
      unreadableCount,
    ];
    let known = contactAfterBatch(contact, batch(0), now);
    assert.deepEqual(stateOf(known), ['', 0, 0], 'as long as all can be read, nothing is said');
    known = contactAfterBatch(known, batch(2), now);
    assert.deepEqual(stateOf(known), ['False Unreadable', 1, 2]);
    assert.match(known.conditions[0]?.message ?? '', /^2 .*event\.kind/);
    for (const seconds of [600, 1200]) known = contactAfterBatch(known, batch(1), later(seconds));
    assert.deepEqual(stateOf(known), ['False Unreadable', 1, 4]);
    assert.deepEqual(stateOf(contactAfterWait(known, later(4_800))), ['False Unreadable', 1, 4]);
    assert.deepEqual(stateOf(contactAfterWait(known, later(4_801))), ['True Read', 1, 4]);
    assert.deepEqual(stateOf(contactAfterBatch(known, batch(1), later(4_801))), ['False Unreadable', 2, 5]);
  });
});

describe('what a batch leaves of the contact', () => {
  const known: AgentContact = {
    ...{ conditions: [], relistRevision: 4, relistWanted: false, unreadableCount: 0 },
    ...{ lastContactAt: now, heartbeatAt: now },
  };
  const at = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();
  const quiet = { heartbeat: false, relist: false, unreadable: undefined };

  test('the time of the last contact moves after five seconds, and at once with a heartbeat', () => {
    assert.deepEqual(contactAfterBatch(known, quiet, at(5)), known);
    assert.deepEqual(contactAfterBatch(known, quiet, at(6)), { ...known, lastContactAt: at(6) });
    const beat = contactAfterBatch(known, { ...quiet, heartbeat: true }, at(1));
    const message = `The last heartbeat came at ${at(1)}.`;
    const connected = {
      type: 'AgentConnected',
      status: 'True',
      reason: 'Heartbeat',
      message,
      lastTransitionTime: at(1),
    };
    assert.deepEqual(beat, { ...known, lastContactAt: at(1), heartbeatAt: at(1), conditions: [connected] });
  });

  test('a relist is asked for once a minute, and one that is wanted in between comes when the minute has passed', () => {
    const first = contactAfterBatch(known, { ...quiet, relist: true }, at(1));
    assert.deepEqual([first.relistRevision, first.relistWanted, first.relistRaisedAt], [5, false, at(1)]);
    const waiting = contactAfterBatch(first, { ...quiet, relist: true }, at(2));
    assert.deepEqual([waiting.relistRevision, waiting.relistWanted, waiting.relistRaisedAt], [5, true, at(1)]);
    assert.deepEqual(contactAfterWait(waiting, at(60)), waiting);
    const later = contactAfterWait(waiting, at(61));
    assert.deepEqual([later.relistRevision, later.relistWanted, later.relistRaisedAt], [6, false, at(61)]);
  });

  test('a silent agent is told with when its last heartbeat came, and its condition stays while it is silent', () => {
    const silent = (more: Partial<AgentContact>) =>
      contactAfterWait({ ...known, tokenCreatedAt: now, ...more }, at(181)).conditions.map((each) => [
        ...[each.type, each.status, each.reason, each.message],
      ]);
    const words = (message: string) => [['AgentConnected', 'False', 'Silent', message]];
    assert.deepEqual(silent({}), words(`No heartbeat has come since ${now}.`));
    assert.deepEqual(silent({ heartbeatAt: undefined }), words('No heartbeat has come yet.'));
  });
});
