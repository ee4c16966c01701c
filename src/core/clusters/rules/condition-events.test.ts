import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Condition } from '../../kernel/rules/condition.ts';
import { isWorthALook, newsOf, type Told } from './condition-events.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const condition = (type: string, status: Condition['status'], since: number, reason = 'X'): Condition => ({
  type,
  status,
  reason,
  message: 'no route to host.',
  lastTransitionTime: at(since),
});
const well: Told = { Reachable: 'ClusterReachable', Authenticated: 'CredentialsAccepted', Watching: 'Watching' };

test('a watch that begins to be refused, or is refused no longer, is worth a look', () => {
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
    assert.equal(isWorthALook(before, after), expected);
});

describe('news of a cluster', () => {
  test('trouble is told once it has lasted, and only once', () => {
    const conditions = [condition('Reachable', 'False', 0)];
    const early = newsOf(conditions, well, at(9));
    assert.deepEqual([early.news, early.lookAt], [[], at(10)]);
    const told = newsOf(conditions, early.told, at(10));
    assert.deepEqual(
      told.news.map(({ type, reason }) => [type, reason]),
      [['Warning', 'ClusterUnreachable']],
    );
    assert.match(told.news[0]?.message ?? '', /no route to host.*Since 2026-01-01T00:00:00/);
    assert.deepEqual(newsOf(conditions, told.told, at(1000)).news, []);
  });

  test('what comes and goes within seconds is told once', () => {
    let told = well;
    const news: string[] = [];
    for (let seconds = 0; seconds < 3600; seconds += 1) {
      const since = seconds - (seconds % 12);
      const status = (since / 12) % 2 === 0 ? 'False' : 'True';
      const outcome = newsOf([condition('Reachable', status, since)], told, at(seconds));
      told = outcome.told;
      news.push(...outcome.news.map(({ reason }) => reason));
    }
    assert.deepEqual(news, ['ClusterUnreachable']);
  });

  test('its end is told once it has lasted', () => {
    const told = { ...well, Reachable: 'ClusterUnreachable' };
    const conditions = [condition('Reachable', 'True', 0)];
    assert.equal(newsOf(conditions, told, at(29)).lookAt, at(30));
    assert.deepEqual(
      newsOf(conditions, told, at(30)).news.map(({ type, reason }) => [type, reason]),
      [['Normal', 'ClusterReachable']],
    );
  });

  test('that all is well from the beginning is no news, trouble from the beginning is', () => {
    const all = [condition('Reachable', 'True', 0), condition('OperatorReady', 'True', 0)];
    const outcome = newsOf(all, {}, at(0));
    assert.deepEqual(
      [outcome.news, outcome.told],
      [[], { Reachable: 'ClusterReachable', OperatorReady: 'OperatorReady' }],
    );
    assert.equal(newsOf([condition('Authenticated', 'False', 0)], {}, at(0)).news[0]?.reason, 'CredentialsRejected');
  });

  test('an interrupted watch is told unless it follows from something else', () => {
    const watching = condition('Watching', 'False', 0);
    const ofWatching = (other: Condition) =>
      newsOf([other, watching], well, at(60)).news.filter(({ reason }) => reason === 'WatchInterrupted').length;
    assert.equal(ofWatching(condition('Reachable', 'True', 0)), 1);
    assert.equal(ofWatching(condition('Reachable', 'False', 0)), 0);
    assert.equal(ofWatching(condition('Authenticated', 'Unknown', 0)), 0);
  });

  test('credentials that expire are told once before, once at the end, and once when renewed', () => {
    let told: Told = {};
    const steps: [Condition['status'], string][] = [
      ['False', 'Valid'],
      ['True', 'ExpiresSoon'],
      ['True', 'ExpiresSoon'],
      ['True', 'Expired'],
      ['False', 'Valid'],
    ];
    const news = steps.flatMap(([status, reason], day) => {
      const outcome = newsOf([condition('CredentialsExpiring', status, 0, reason)], told, at(day * 86_400));
      told = outcome.told;
      return outcome.news.map((each) => each.reason);
    });
    assert.deepEqual(news, ['CredentialsExpiring', 'CredentialsExpired', 'CredentialsRenewed']);
  });

  test('what is Unknown is no news', () => {
    assert.deepEqual(newsOf([condition('Authenticated', 'Unknown', 0)], well, at(600)).news, []);
  });
});
