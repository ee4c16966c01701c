import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { copyAt, daily, day, failed, monthly, slots, well } from '../../../../test/support/core/protection-example.ts';
import { copyExpectedBy, isOverdue, memoizedNextTwo, servedSchedules } from './expected-copies.ts';
import { judgeProtection, scheduleProtections } from './judge-protection.ts';
import type { FiringSchedule, ProtectionFacts } from './protection.ts';

describe('the copies that are expected', () => {
  const cases: readonly [name: string, facts: ProtectionFacts, atHour: number, status: string, reason: string][] = [
    [
      'a monthly schedule without copies beside a daily one that has them',
      { ...well, schedules: [daily, { ...monthly, createdAt: day(-24 * 70), updatedAt: day(-24 * 70) }] },
      12,
      'AtRisk',
      'CopiesMissing',
    ],
    [
      'a monthly schedule whose first slot alone has passed',
      { ...well, schedules: [daily, { ...monthly, createdAt: day(-24 * 40), updatedAt: day(-24 * 40) }] },
      12,
      'Protected',
      'WithinTarget',
    ],
    [
      'a monthly schedule that was changed since',
      { ...well, schedules: [daily, { ...monthly, createdAt: day(-24 * 70), updatedAt: day(-24) }] },
      12,
      'Protected',
      'WithinTarget',
    ],
    [
      'a suspended monthly schedule without copies',
      {
        ...well,
        schedules: [daily, { ...monthly, nextFireAt: undefined, createdAt: day(-24 * 70), updatedAt: day(-24 * 70) }],
      },
      12,
      'Protected',
      'WithinTarget',
    ],
    [
      'under half of the usual items',
      { ...well, itemCounts: [49, 100, 90, 110, 100, 2] },
      12,
      'AtRisk',
      'CopyTooSmall',
    ],
    ['half of the usual items', { ...well, itemCounts: [50, 100, 90, 110, 100, 2] }, 12, 'Protected', 'WithinTarget'],
    [
      'few items and too little to compare with',
      { ...well, itemCounts: [1, 90, 100] },
      12,
      'Protected',
      'WithinTarget',
    ],
  ];
  for (const [name, facts, atHour, status, reason] of cases) {
    test(`${name}: ${status}, ${reason}`, () => {
      const protection = judgeProtection(facts, day(atHour), slots);
      assert.deepEqual([protection.status, protection.reason], [status, reason], protection.message);
    });
  }

  test('is overdue after the second slot, its spread and the time that a backup runs, and no moment before', () => {
    const overdue = (schedule: FiringSchedule, afterMs: number, hour: number) =>
      isOverdue(schedule, Date.parse(day(hour)) + afterMs, slots.periodOf, slots.nextTwo);
    for (const [name, schedule, hour] of [
      ['its own copy', daily, 50 + 4],
      ['its own copy, and an hour of spread', { ...daily, spreadSeconds: 3600 }, 50 + 1 + 4],
      ['a copy that somebody asked for later', { ...daily, servedAt: day(20) }, 50 + 4],
      ['a copy that somebody asked for after the next slot', { ...daily, servedAt: day(30) }, 74 + 4],
      ['a copy that somebody asked for before', { ...daily, servedAt: day(-40) }, 50 + 4],
    ] as const) {
      assert.equal(copyExpectedBy(schedule, slots.nextTwo), Date.parse(day(hour)), name);
      assert.deepEqual([overdue(schedule, 0, hour), overdue(schedule, 1, hour)], [false, true], name);
      assert.equal(overdue({ ...schedule, nextFireAt: undefined }, 1, hour), false, `${name}, and it does not fire`);
    }
  });

  test('a copy that somebody asked for serves the most frequent of the schedules that fire, and no other', () => {
    const second = { ...daily, id: 'second' };
    const rests = { ...daily, id: 'rests', schedule: '0 * * * *', nextFireAt: undefined };
    const once = { ...daily, id: 'once', schedule: undefined };
    const all = [monthly, daily, rests, second, once];
    const served = (askedAt: string | undefined) =>
      servedSchedules(all, askedAt, slots.periodOf).map(({ id, servedAt }) => [id, servedAt]);
    const [asked, none] = [day(20), undefined];
    assert.deepEqual(served(asked), [
      ['monthly', none],
      ['daily', asked],
      ['rests', none],
      ['second', asked],
      ['once', none],
    ]);
    assert.equal(servedSchedules(all, none, slots.periodOf), all, 'nobody asked');
  });

  test('names the schedules that bring no copies, and shows each with its own', () => {
    const bringsNone = { ...monthly, createdAt: day(-24 * 70), updatedAt: day(-24 * 70) };
    const facts = { ...well, schedules: [daily, bringsNone] };
    const protection = judgeProtection(facts, day(12), slots);
    assert.match(protection.message, /archive \(monthly: none since it was made at 2026-03-19/);
    assert.doesNotMatch(protection.message, /nightly/);
    assert.deepEqual(
      scheduleProtections(facts, day(12), slots).map(({ name, overdue, copyExpectedBy, lastGoodCopy }) => [
        ...[name, overdue, copyExpectedBy],
        lastGoodCopy?.operationId,
      ]),
      [
        ['nightly', false, day(54), 'copy at 2'],
        ['archive', true, '2026-05-01T07:00:00.000Z', undefined],
      ],
    );
  });

  test('says what a backup waits for that was never delivered', () => {
    const waiting = { reason: 'ServerError', message: 'failed calling webhook', since: day(8) };
    const inFlight = { since: day(7), delivered: false, waiting };
    const { message } = judgeProtection({ ...well, inFlight }, day(12), slots);
    assert.equal(
      message,
      'A backup has waited for 5 h, and the cluster has not accepted it. ServerError: failed calling webhook',
    );
  });

  test('gives both numbers of a copy that is too small', () => {
    const { message } = judgeProtection({ ...well, itemCounts: [10, 100, 90, 110, 100, 2] }, day(12), slots);
    assert.equal(message, 'The last good copy has 10 items, under half of 100, the median of the 5 before it.');
  });

  test('one bad night is no breach before the next fire, also when the clocks go back', () => {
    const at = (text: string) => new Date(text).toISOString();
    const lastGood = { ...copyAt(2), startedAt: at('2026-10-24T02:00:05+02:00') };
    const berlin = { ...daily, timeZone: 'Europe/Berlin', lastGood, nextFireAt: at('2026-10-26T02:00:00+01:00') };
    const facts = { ...well, schedules: [berlin], lastGood, lastEnded: { ...failed, outcome: 'Partial' as const } };
    const status = (text: string) => judgeProtection(facts, at(text), slots);
    assert.equal(status('2026-10-26T01:59:00+01:00').reason, 'LastAttemptPartial');
    assert.equal(status('2026-10-26T01:59:00+01:00').breachesAt, at('2026-10-26T02:00:00+01:00'));
    assert.equal(status('2026-10-26T02:01:00+01:00').status, 'Breached');
  });

  test('is expected after two slots, and half of the time between them, four hours at most', () => {
    const expected = (more: Partial<FiringSchedule>) => copyExpectedBy({ ...daily, ...more }, slots.nextTwo);
    assert.equal(expected({ schedule: '0 * * * *' }), Date.parse(day(4.5)));
    assert.equal(expected({ schedule: '0 */8 * * *', lastGood: copyAt(0) }), Date.parse(day(16 + 4)));
    assert.equal(expected({ schedule: '0 */9 * * *', lastGood: copyAt(0) }), Date.parse(day(18 + 4)));
    assert.equal(expected({ endsAt: day(49) }), undefined, 'it does not fire twice');
    assert.equal(expected({ schedule: undefined, at: day(26) }), undefined);
  });

  test('counts from the newest of its copy, its creation and its last change', () => {
    const expected = (more: Partial<FiringSchedule>) => {
      const schedule = { ...daily, lastGood: copyAt(2), createdAt: day(-90), updatedAt: day(-80), ...more };
      return new Date(copyExpectedBy(schedule, slots.nextTwo) ?? 0).toISOString();
    };
    assert.equal(expected({}), day(54));
    assert.equal(expected({ updatedAt: day(27) }), day(78));
    assert.equal(expected({ createdAt: day(51) }), day(102));
    assert.equal(expected({ lastGood: undefined }), day(-42));
    assert.equal(expected({ lastGood: undefined, updatedAt: day(-90), createdAt: day(-80) }), day(-42));
  });

  test('what is remembered of a recurrence is remembered for its own question only', () => {
    const nextTwo = memoizedNextTwo();
    const base = { schedule: '0 2 * * *', timeZone: 'Etc/UTC' };
    for (let round = 1; round <= 2; round += 1) {
      assert.deepEqual(nextTwo(base, day(2)), [day(26), day(50)]);
      assert.deepEqual(nextTwo(base, day(26)), [day(50), day(74)]);
      assert.deepEqual(nextTwo({ ...base, schedule: '0 3 * * *' }, day(2)), [day(3), day(27)]);
      assert.deepEqual(nextTwo({ ...base, timeZone: 'Asia/Tokyo' }, day(2)), [day(17), day(41)]);
      assert.deepEqual(nextTwo({ ...base, startsAt: day(30) }, day(2)), [day(50), day(74)]);
      assert.deepEqual(nextTwo({ ...base, endsAt: day(30) }, day(2)), [day(26)]);
      assert.deepEqual(nextTwo({ timeZone: 'Etc/UTC', at: day(3) }, day(2)), [day(3)]);
      assert.deepEqual(nextTwo({ timeZone: 'Etc/UTC', at: day(1) }, day(2)), []);
    }
  });

  test('a schedule whose period cannot be told, and one that recurs no more, is never overdue', () => {
    const late = (more: Partial<FiringSchedule>) =>
      isOverdue({ ...daily, ...more }, Date.parse(day(500)), slots.periodOf, slots.nextTwo);
    assert.equal(late({}), true);
    assert.equal(late({ schedule: '0 2 30 2 *' }), false);
    assert.equal(late({ schedule: 'cannot be read' }), false);
    assert.equal(late({ endsAt: day(30) }), false);
    assert.equal(late({ schedule: undefined, at: day(26) }), false);
  });
});
