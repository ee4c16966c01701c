/** The whole answer about an application, the words of each reason, and the moment at which each begins. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { copyAt, daily, day, monthly, nothing, slots, well } from '../../../../test/support/core/protection-example.ts';
import { expiringFrom, judgeProtection, scheduleProtections } from './judge-protection.ts';
import type { ProtectionFacts } from './protection.ts';

const ms = 1 / 3_600_000;
const judge = (more: Partial<ProtectionFacts>, hour = 12) => judgeProtection({ ...well, ...more }, day(hour), slots);
const reason = (more: Partial<ProtectionFacts>, hour = 12) => judge(more, hour).reason;
/** The reasons a millisecond before, at and a millisecond after the hour. */
const around = (more: Partial<ProtectionFacts>, hour: number) =>
  [hour - ms, hour, hour + ms].map((each) => reason(more, each));
const ids = {
  ...{ applicationInstanceId: 'app', organizationId: 'organization', clusterId: 'cluster' },
  ...{ applicationClassId: 'class', namespace: 'org-other', name: 'wiki' },
};
const once = { ...daily, schedule: undefined };
const [ok, monthAgo] = ['WithinTarget', { createdAt: day(-24 * 70), updatedAt: day(-24 * 70) }];

test('all that is known of an application is told, and nothing else', () => {
  const lastAttempt = { operationId: 'x', phase: 'Running', partial: false, createdAt: day(11) } as const;
  assert.deepEqual(judge({ ...ids, lastAttempt }, 12 + 999 * ms), {
    ...ids,
    ...{ status: 'Protected', reason: ok, message: 'The last good copy is 10 h old; the target is 2 d.' },
    ...{ recoveryPointTargetSeconds: 172_800, recoveryPointTargetSource: 'schedules', recoveryPointAgeSeconds: 36_000 },
    ...{ breachesAt: day(50), nextFireAt: day(26), lastGoodCopy: copyAt(2), lastAttempt },
  });
  assert.deepEqual(judgeProtection({ ...nothing, ...ids }, day(12), slots), {
    ...ids,
    ...{ status: 'Unprotected', reason: 'NoSchedule' },
    message: 'The application has no schedule, and there is no copy that can be restored.',
  });
  assert.equal(judge({}, 1).recoveryPointAgeSeconds, 0, 'by a clock that was set back');
});

test('each schedule is told with its copy, when the next is expected, and whether it fires', () => {
  const rests = { ...monthly, ...monthAgo, nextFireAt: undefined, lastGood: copyAt(-800) };
  assert.deepEqual(scheduleProtections({ ...well, schedules: [daily, rests] }, day(12), slots), [
    {
      ...{ scheduleId: 'daily', name: 'nightly', cadence: 'daily', fires: true, overdue: false },
      ...{ lastGoodCopy: copyAt(2), copyExpectedBy: day(54) },
    },
    {
      ...{ scheduleId: 'monthly', name: 'archive', cadence: 'monthly', fires: false, overdue: false },
      lastGoodCopy: copyAt(-800),
    },
  ]);
});

test('a copy begins to expire a quarter of its life before its end, a day at most', () => {
  for (const [ttlHours, from] of [
    [12, 9],
    [96, 72],
    [100, 76],
    [720, 696],
  ] as const)
    assert.equal(expiringFrom(copyAt(2, ttlHours)), day(2 + from), `${ttlHours} h`);
});

describe('the words of a reason', () => {
  const suspended = { ...daily, suspend: true, nextFireAt: undefined };
  const ended = { ...daily, nextFireAt: undefined };
  const bare = { lastGood: undefined, restorableUntil: undefined, lastEnded: undefined };
  const since = (hour: number) => ({ since: day(hour), delivered: true });
  const waiting = { reason: 'ConflictingOperation', message: 'blocked by r', since: day(1) };
  const missing = (name: string) => ({ ...monthly, ...monthAgo, id: name, name });
  const named = (name: string) => `${name} (monthly: none since it was made at ${day(-24 * 70)})`;
  const cases: readonly [reason: string, facts: Partial<ProtectionFacts>, message: string][] = [
    [
      'AllSuspended',
      { ...bare, schedules: [ended, suspended] },
      'Its schedules are suspended, and there is no copy that can be restored.',
    ],
    [
      'AllEnded',
      { ...bare, schedules: [ended] },
      'Its schedules have ended, and there is no copy that can be restored.',
    ],
    ['NoGoodCopy', { ...bare }, 'There is no good copy; the target is 2 d.'],
    ['RecoveryPointTooOld', { targetSeconds: 3600 }, 'The last good copy is 10 h old; the target is 1 h.'],
    [
      'RecoveryPointTooOld',
      { targetSeconds: 3600, lastGood: copyAt(2, 10) },
      'The last good copy is 10 h old, and has expired; the target is 1 h.',
    ],
    [
      'RestoreOpen',
      { restoreWait: { name: 'r', since: day(10), limitSeconds: 60 } },
      'Backups have waited for 2 h for the Restore r, which is open in the cluster.',
    ],
    [
      'BlockedByEnded',
      { blockedRestore: { name: 'r', since: day(10), message: 'conflict' } },
      'The finished Restore r is Pending again in the cluster, so no backup begins: conflict',
    ],
    ['LastAttemptFailed', { lastEnded: { operationId: 'x', outcome: 'Failed' } }, 'The last backup failed.'],
    [
      'LastAttemptPartial',
      { lastEnded: { operationId: 'x', outcome: 'Partial' } },
      'The last backup could not process everything.',
    ],
    [
      'LastAttemptEmpty',
      { lastEnded: { operationId: 'x', outcome: 'Empty' } },
      'The last backup has no items, so it is no copy.',
    ],
    ['RunTooLong', { inFlight: since(7) }, 'A backup has been in flight in the cluster for 5 h.'],
    [
      'RunTooLong',
      { inFlight: { ...since(7), waiting } },
      'A backup has been in flight in the cluster for 5 h. ConflictingOperation: blocked by r',
    ],
    [
      'NotDelivered',
      { inFlight: { ...since(7), delivered: false } },
      'A backup has waited for 5 h, and the cluster has not accepted it.',
    ],
    ['NoNextFire', { schedules: [] }, 'No schedule will fire, so there will be no newer copy.'],
    [
      'NextFireTooLate',
      { targetSeconds: 18 * 3600 },
      `The next backup begins at ${day(26)}, after the target is missed at ${day(20)}.`,
    ],
    [
      'CopiesMissing',
      { schedules: [daily, ...['a', 'b', 'c'].map(missing)] },
      `Schedules bring no good copies, although two of their slots have passed: ${['a', 'b', 'c'].map(named).join(', ')}.`,
    ],
    [
      'CopiesMissing',
      { schedules: [daily, ...['a', 'b', 'c', 'd', 'e'].map(missing)] },
      `Schedules bring no good copies, although two of their slots have passed: ${['a', 'b', 'c'].map(named).join(', ')} and 2 more.`,
    ],
    [
      'CopiesMissing',
      { schedules: [daily, { ...missing('a'), lastGood: copyAt(-24 * 70) }] },
      `Schedules bring no good copies, although two of their slots have passed: a (monthly: the last at ${day(-24 * 70)}).`,
    ],
    ['RecoveryPointExpired', { lastGood: copyAt(2, 10) }, `The last good copy has expired at ${day(12)}.`],
    [
      'AwaitingFirstCopy',
      { ...bare, schedules: [{ ...daily, createdAt: day(11), lastGood: undefined }] },
      'There is no good copy yet.',
    ],
    [
      'RecoveryPointAgeing',
      { targetSeconds: 12 * 3600, schedules: [{ ...daily, nextFireAt: day(13) }] },
      'The last good copy is 10 h old; the target is 12 h.',
    ],
    [
      'RecoveryPointExpiring',
      { lastGood: copyAt(2, 12) },
      `The last good copy expires at ${day(14)}, and there is no newer one.`,
    ],
    [ok, { schedules: [once] }, 'The last good copy is 10 h old.'],
  ];
  for (const [expected, facts, message] of cases)
    test(`${expected}: ${message}`, () => {
      const judged = judge(facts);
      assert.deepEqual([judged.reason, judged.message], [expected, message]);
    });
});

describe('the moment at which a reason begins', () => {
  const free = { ...daily, nextFireAt: day(40) };

  test('the target is missed after it, and ageing begins after four fifths of it', () => {
    assert.deepEqual(around({}, 50), ['RecoveryPointAgeing', 'RecoveryPointAgeing', 'RecoveryPointTooOld']);
    assert.deepEqual(around({ schedules: [free] }, 2 + 0.8 * 48), [ok, ok, 'RecoveryPointAgeing']);
    assert.deepEqual(around({ schedules: [{ ...daily, nextFireAt: day(20) }], targetSeconds: 18 * 3600 }, 12), [
      ok,
      ok,
      ok,
    ]);
    const late = { schedules: [{ ...daily, nextFireAt: day(20 + ms) }], targetSeconds: 18 * 3600 };
    assert.equal(reason(late), 'NextFireTooLate', 'a millisecond after the target');
  });

  test('there is a copy until it expires', () => {
    const rests = { schedules: [], lastGood: copyAt(2, 10), restorableUntil: day(12) };
    assert.deepEqual(around(rests, 12), ['NoNextFire', 'NoSchedule', 'NoSchedule']);
    const fires = { lastGood: copyAt(2, 10) };
    assert.deepEqual(around(fires, 12), ['RecoveryPointExpiring', 'RecoveryPointExpired', 'RecoveryPointExpired']);
    assert.deepEqual(around(fires, 9.5), [ok, 'RecoveryPointExpiring', 'RecoveryPointExpiring']);
  });

  test('backups have waited long enough for a Restore', () => {
    const restoreWait = { name: 'r', since: day(10), limitSeconds: 7200 };
    assert.deepEqual(around({ restoreWait }, 12), [ok, 'RestoreOpen', 'RestoreOpen']);
    const blockedRestore = { name: 'r', since: day(12), message: 'm' };
    assert.deepEqual(around({ blockedRestore }, 12 + 2 / 60), [ok, 'BlockedByEnded', 'BlockedByEnded']);
  });

  test('a backup runs for over four hours, or over half of a shorter target', () => {
    const inFlight = { since: day(6), delivered: true };
    assert.deepEqual(around({ inFlight }, 10), [ok, ok, 'RunTooLong']);
    assert.deepEqual(around({ inFlight, schedules: [once] }, 10), [ok, ok, 'RunTooLong'], 'without a target');
    assert.deepEqual(around({ inFlight, targetSeconds: 6 * 3600, lastGood: copyAt(5) }, 9), [ok, ok, 'RunTooLong']);
  });

  test('what ended last says nothing against the copy that it made', () => {
    assert.equal(reason({ lastEnded: { operationId: 'copy at 2', outcome: 'Failed' } }), ok);
  });
});

describe('when the target is missed', () => {
  const breaches = (more: Partial<ProtectionFacts>) => judge(more).breachesAt;
  const none = { lastGood: undefined };

  test('counts from the last good copy, else from the first schedule, else from the application', () => {
    const [older, newer] = [-40, -20].map((hour) => ({ ...daily, lastGood: undefined, createdAt: day(hour) }));
    assert.ok(older !== undefined && newer !== undefined);
    assert.equal(breaches({ schedules: [newer, older] }), day(50));
    assert.equal(breaches({ ...none, schedules: [newer, older] }), day(8));
    assert.equal(breaches({ ...none, targetSeconds: 3600, schedules: [] }), day(-999));
    assert.equal(breaches({ schedules: [once] }), undefined, 'without a target');
  });

  test('is not before the second slot, by the most frequent schedules that fire in a zone whose clocks change', () => {
    const weekly = { ...daily, id: 'weekly', schedule: '0 3 * * 0', timeZone: 'Europe/Berlin' };
    assert.equal(breaches({ schedules: [daily, weekly] }), day(50), 'the weekly one has no say');
    const berlin = { ...daily, timeZone: 'Europe/Berlin', lastGood: copyAt(1) };
    const before = new Date('2026-10-24T02:00:05+02:00').toISOString();
    const lastGood = { ...copyAt(1), startedAt: before };
    const second = new Date('2026-10-26T02:00:00+01:00').toISOString();
    assert.equal(breaches({ schedules: [berlin], lastGood }), second);
    const rests = { ...berlin, nextFireAt: undefined };
    const plain = new Date(Date.parse(before) + 172_800_000).toISOString();
    assert.equal(breaches({ schedules: [daily, rests], lastGood }), plain);
    const later = { ...berlin, id: 'later', schedule: '0 5 * * *' };
    for (const schedules of [
      [berlin, later],
      [later, berlin],
    ])
      assert.equal(breaches({ schedules, lastGood }), plain, 'the second slot of the other one has passed by then');
    const ofClass = new Date(Date.parse(before) + 3_600_000).toISOString();
    assert.equal(breaches({ schedules: [berlin], lastGood, targetSeconds: 3600 }), ofClass, "the class's is kept");
  });

  test('the next fire is the first of all schedules', () => {
    const [first, second] = [26, 25].map((hour) => ({ ...daily, nextFireAt: day(hour) }));
    assert.ok(first !== undefined && second !== undefined);
    for (const schedules of [
      [first, second],
      [second, first],
    ])
      assert.equal(judge({ schedules }).nextFireAt, day(25));
  });
});
