import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentStanding, afterWhile, heard } from './agent-contact.ts';

const now = '2026-11-21T07:00:00.000Z';

describe("an agent's standing", () => {
  const standing: AgentStanding = { conditions: [], relistRevision: 0, relistWanted: false };
  const later = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

  test('a gap is taken note of once, and again only after another 150 s without heartbeats', () => {
    let known = heard(standing, { heartbeat: true, relist: false }, now);
    const revisions = [150, 151, 200, 290, 302].map((seconds) => {
      known = heard(known, { heartbeat: false, relist: false }, later(seconds));
      return known.relistRevision;
    });
    assert.deepEqual(revisions, [0, 1, 1, 1, 2]);
  });

  test('a clock that was put back bars no list', () => {
    const known = heard(standing, { heartbeat: false, relist: true }, later(86_400));
    assert.equal(heard(known, { heartbeat: false, relist: true }, now).relistRevision, 2);
    assert.deepEqual(afterWhile(known, now), known);
  });
});
