import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Condition } from '../../kernel/rules/condition.ts';
import { eventsOfConditions, needsCheck, type RecordedReasons } from './condition-events.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const condition = (type: string, status: Condition['status'], since: number, reason = 'X'): Condition => ({
  type,
  status,
  reason,
  message: 'no route to host.',
  lastTransitionTime: at(since),
});
const well: RecordedReasons = {
  Reachable: 'ClusterReachable',
  Authenticated: 'CredentialsAccepted',
  Watching: 'Watching',
};

test('a cluster is checked when its watch begins or ceases to be refused', () => {
  const [well, refused, away] = [
    condition('Watching', 'True', 0, 'Watching'),
    condition('Watching', 'False', 1, 'Refused'),
    condition('Watching', 'False', 1, 'Unreachable'),
  ];
  for (const [before, after, expected] of [
    [[well], [refused], true],
    [[refused], [well], true],
    [[well], [away], false],
    [[away], [well], false],
    [[refused], [refused], false],
    [[], [refused], false],
  ] as const)
    assert.equal(needsCheck(before, after), expected);
});

describe('events of a cluster', () => {
  test('trouble is recorded once it has lasted ten seconds, and only once', () => {
    const conditions = [condition('Reachable', 'False', 0)];
    const early = eventsOfConditions(conditions, well, at(9));
    assert.deepEqual([early.events, early.nextAt], [[], at(10)]);
    const later = eventsOfConditions(conditions, early.recorded, at(10));
    assert.deepEqual(
      later.events.map(({ type, reason }) => [type, reason]),
      [['Warning', 'ClusterUnreachable']],
    );
    assert.match(later.events[0]?.message ?? '', /no route to host.*Since 2026-01-01T00:00:00/);
    assert.deepEqual(eventsOfConditions(conditions, later.recorded, at(1000)).events, []);
  });

  test('a condition that changes every few seconds makes one event', () => {
    let recorded = well;
    const events: string[] = [];
    for (let seconds = 0; seconds < 3600; seconds += 1) {
      const since = seconds - (seconds % 12);
      const status = (since / 12) % 2 === 0 ? 'False' : 'True';
      const outcome = eventsOfConditions([condition('Reachable', status, since)], recorded, at(seconds));
      recorded = outcome.recorded;
      events.push(...outcome.events.map(({ reason }) => reason));
    }
    assert.deepEqual(events, ['ClusterUnreachable']);
  });

  test('the end of trouble is recorded once it has lasted thirty seconds', () => {
    const recorded = { ...well, Reachable: 'ClusterUnreachable' };
    const conditions = [condition('Reachable', 'True', 0)];
    assert.equal(eventsOfConditions(conditions, recorded, at(29)).nextAt, at(30));
    assert.deepEqual(
      eventsOfConditions(conditions, recorded, at(30)).events.map(({ type, reason }) => [type, reason]),
      [['Normal', 'ClusterReachable']],
    );
  });

  test('a cluster that is well from the beginning makes no event, one in trouble does', () => {
    const all = [condition('Reachable', 'True', 0), condition('OperatorReady', 'True', 0)];
    const outcome = eventsOfConditions(all, {}, at(0));
    assert.deepEqual(
      [outcome.events, outcome.recorded],
      [[], { Reachable: 'ClusterReachable', OperatorReady: 'OperatorReady' }],
    );
    assert.equal(
      eventsOfConditions([condition('Authenticated', 'False', 0)], {}, at(0)).events[0]?.reason,
      'CredentialsRejected',
    );
  });

  test('an interrupted watch is recorded unless it follows from another condition', () => {
    const watching = condition('Watching', 'False', 0);
    const ofWatching = (other: Condition) =>
      eventsOfConditions([other, watching], well, at(60)).events.filter(({ reason }) => reason === 'WatchInterrupted')
        .length;
    assert.equal(ofWatching(condition('Reachable', 'True', 0)), 1);
    assert.equal(ofWatching(condition('Reachable', 'False', 0)), 0);
    assert.equal(ofWatching(condition('Authenticated', 'Unknown', 0)), 0);
  });

  test('credentials that expire are recorded once before, once at the end, and once when renewed', () => {
    let recorded: RecordedReasons = {};
    const steps: [Condition['status'], string][] = [
      ['False', 'Valid'],
      ['True', 'ExpiresSoon'],
      ['True', 'ExpiresSoon'],
      ['True', 'Expired'],
      ['False', 'Valid'],
    ];
    const events = steps.flatMap(([status, reason], day) => {
      const outcome = eventsOfConditions(
        [condition('CredentialsExpiring', status, 0, reason)],
        recorded,
        at(day * 86_400),
      );
      recorded = outcome.recorded;
      return outcome.events.map((each) => each.reason);
    });
    assert.deepEqual(events, ['CredentialsExpiring', 'CredentialsExpired', 'CredentialsRenewed']);
  });

  test('Unknown makes no event', () => {
    assert.deepEqual(eventsOfConditions([condition('Authenticated', 'Unknown', 0)], well, at(600)).events, []);
  });
});
