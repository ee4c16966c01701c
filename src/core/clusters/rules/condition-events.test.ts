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

describe('each condition of a cluster', () => {
  const others: RecordedReasons = { Other: 'Kept' };
  const told = (type: string, status: 'True' | 'False', reason: string, recorded: string, seconds: number) => {
    const before = { ...others, [type]: recorded };
    const {
      events,
      recorded: after,
      nextAt,
    } = eventsOfConditions([condition(type, status, 0, reason)], before, at(seconds));
    const [event] = events;
    assert.deepEqual(after, event === undefined ? before : { ...others, [type]: event.reason });
    return event === undefined ? nextAt : `${event.type} ${event.reason}: ${event.message}`;
  };
  const since = `no route to host. Since ${at(0)}.`;

  test('has the event of its trouble and of its end, at its moment and not a second before', () => {
    for (const [type, status, reason, words, seconds] of [
      ['Reachable', 'False', 'X', 'Warning ClusterUnreachable', 10],
      ['Reachable', 'True', 'X', 'Normal ClusterReachable', 30],
      ['OperatorReady', 'False', 'X', 'Warning OperatorNotReady', 10],
      ['OperatorReady', 'True', 'X', 'Normal OperatorReady', 30],
      ['Watching', 'False', 'X', 'Warning WatchInterrupted', 10],
      ['Watching', 'True', 'X', 'Normal Watching', 30],
      ['Authenticated', 'False', 'X', 'Warning CredentialsRejected', 0],
      ['Authenticated', 'False', 'AccessUnreadable', 'Warning AccessUnreadable', 0],
      ['Authenticated', 'True', 'X', 'Normal CredentialsAccepted', 0],
      ['Identity', 'False', 'Rebuilt', 'Warning ClusterRebuilt', 0],
      ['Identity', 'False', 'RegisteredTwice', 'Warning ClusterRegisteredTwice', 0],
      ['Identity', 'True', 'Unique', 'Normal ClusterIdentified', 0],
    ] as const) {
      assert.equal(told(type, status, reason, 'Before', seconds), `${words}: ${since}`);
      if (seconds > 0) assert.equal(told(type, status, reason, 'Before', seconds - 1), at(seconds));
    }
  });

  test('of credentials names the time in its own words, and one that is unknown here is told of by nothing', () => {
    for (const [status, reason, words] of [
      ['True', 'Expired', 'Warning CredentialsExpired'],
      ['True', 'ExpiresSoon', 'Warning CredentialsExpiring'],
      ['False', 'Valid', 'Normal CredentialsRenewed'],
    ] as const)
      assert.equal(told('CredentialsExpiring', status, reason, 'Before', 0), `${words}: no route to host.`);
    for (const status of ['True', 'False'] as const) assert.equal(told('Later', status, 'X', 'Before', 999), undefined);
  });

  test('that is well at first is recorded beside the others without an event', () => {
    const outcome = eventsOfConditions([condition('Identity', 'True', 0, 'Unique')], others, at(0));
    assert.deepEqual(outcome, {
      events: [],
      recorded: { ...others, Identity: 'ClusterIdentified' },
      nextAt: undefined,
    });
  });

  test('waits for its own moment, and the next look is at the first of them', () => {
    const both = [condition('OperatorReady', 'False', 5), condition('Reachable', 'False', 2)];
    assert.equal(eventsOfConditions(both, {}, at(6)).nextAt, at(12));
  });
});
