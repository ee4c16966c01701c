import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { copyAt, daily, day, failed, nothing, slots, well } from '../../../../test/support/core/protection-example.ts';
import { judgeProtection } from './judge-protection.ts';
import { type ProtectionFacts, severityOf } from './protection.ts';

describe('protection', () => {
  const cases: readonly [name: string, facts: ProtectionFacts, atHour: number, status: string, reason: string][] = [
    ['a daily copy ten hours old', well, 12, 'Protected', 'WithinTarget'],
    [
      'a copy at the very target',
      { ...well, schedules: [{ ...daily, nextFireAt: day(50) }], targetSeconds: 172_800 },
      40,
      'Protected',
      'WithinTarget',
    ],
    [
      'a copy at the very moment of its expiry',
      { ...well, targetSeconds: 604_800, lastGood: copyAt(2, 24), schedules: [{ ...daily, nextFireAt: day(50) }] },
      26,
      'AtRisk',
      'RecoveryPointExpired',
    ],
    ['over 80 % of the target', well, 2 + 38.5, 'AtRisk', 'RecoveryPointAgeing'],
    ['beyond the target that follows from the schedule', well, 2 + 48.1, 'Breached', 'RecoveryPointTooOld'],
    ["beyond the class's target", { ...well, targetSeconds: 3600 }, 12, 'Breached', 'RecoveryPointTooOld'],
    ['a longer target of the class', { ...well, targetSeconds: 604_800 }, 2 + 48.1, 'Protected', 'WithinTarget'],
    ['the next fire after the target', { ...well, targetSeconds: 18 * 3600 }, 12, 'AtRisk', 'NextFireTooLate'],
    [
      'the same with a backup in flight',
      { ...well, targetSeconds: 18 * 3600, inFlight: { since: day(11.9), delivered: true } },
      12,
      'Protected',
      'WithinTarget',
    ],
    [
      'a run in flight for over four hours',
      { ...well, inFlight: { since: day(7.9), delivered: true } },
      12,
      'AtRisk',
      'RunTooLong',
    ],
    [
      'a run for over half of a short target',
      { ...well, targetSeconds: 7200, lastGood: copyAt(11), inFlight: { since: day(10.9), delivered: true } },
      12,
      'AtRisk',
      'RunTooLong',
    ],
    ['the last attempt failed', { ...well, lastEnded: failed }, 12, 'AtRisk', 'LastAttemptFailed'],
    [
      'the last attempt was partial',
      { ...well, lastEnded: { ...failed, outcome: 'Partial' } },
      12,
      'AtRisk',
      'LastAttemptPartial',
    ],
    [
      'the newest good copy expired before an older one',
      { ...well, lastEnded: { ...failed, outcome: 'Good' } },
      12,
      'Protected',
      'WithinTarget',
    ],
    [
      'a copy that expires within a quarter of its ttl',
      { ...well, lastGood: copyAt(2, 12) },
      11.5,
      'AtRisk',
      'RecoveryPointExpiring',
    ],
    [
      'a copy that expires within 24 h',
      { ...well, targetSeconds: 31_622_400, schedules: [{ ...daily, schedule: undefined }] },
      2 + 697,
      'AtRisk',
      'RecoveryPointExpiring',
    ],
    [
      'a copy that has expired, with time left',
      { ...well, lastGood: copyAt(2, 9), restorableUntil: undefined },
      12,
      'AtRisk',
      'RecoveryPointExpired',
    ],
    ['a copy and nothing that fires', { ...well, schedules: [] }, 12, 'AtRisk', 'NoNextFire'],
    [
      'a copy and only suspended schedules',
      { ...well, schedules: [{ ...daily, suspend: true, nextFireAt: undefined }] },
      12,
      'AtRisk',
      'NoNextFire',
    ],
    [
      'a schedule and no copy yet',
      { ...nothing, schedules: [{ ...daily, createdAt: day(11) }] },
      12,
      'AtRisk',
      'AwaitingFirstCopy',
    ],
    ['a schedule and no good copy in time', { ...nothing, schedules: [daily] }, 12, 'Breached', 'NoGoodCopy'],
    [
      'only a partial copy, in time',
      {
        ...nothing,
        schedules: [{ ...daily, createdAt: day(0) }],
        restorableUntil: day(700),
        lastEnded: { ...failed, outcome: 'Partial' },
      },
      12,
      'AtRisk',
      'LastAttemptPartial',
    ],
    [
      'suspended until a time',
      { ...nothing, schedules: [{ ...daily, suspend: true, createdAt: day(11) }] },
      12,
      'AtRisk',
      'AwaitingFirstCopy',
    ],
    [
      'one fire, once',
      { ...nothing, schedules: [{ ...daily, schedule: undefined, nextFireAt: day(13), createdAt: day(11) }] },
      12,
      'AtRisk',
      'AwaitingFirstCopy',
    ],
    ['nothing at all', nothing, 12, 'Unprotected', 'NoSchedule'],
    [
      'nothing but suspended schedules',
      { ...nothing, schedules: [{ ...daily, suspend: true, nextFireAt: undefined }] },
      12,
      'Unprotected',
      'AllSuspended',
    ],
    [
      'nothing but ended schedules',
      { ...nothing, schedules: [{ ...daily, nextFireAt: undefined }] },
      12,
      'Unprotected',
      'AllEnded',
    ],
    [
      'suspended, and the copy has expired',
      { ...well, schedules: [], restorableUntil: day(11) },
      12,
      'Unprotected',
      'NoSchedule',
    ],
    [
      'a backup that the cluster never accepted',
      { ...well, inFlight: { since: day(7.9), delivered: false } },
      12,
      'AtRisk',
      'NotDelivered',
    ],
    [
      'a last backup without items',
      { ...well, lastEnded: { operationId: 'later', outcome: 'Empty' } },
      12,
      'AtRisk',
      'LastAttemptEmpty',
    ],
  ];
  for (const [name, facts, atHour, status, reason] of cases) {
    test(`${name}: ${status}, ${reason}`, () => {
      const protection = judgeProtection(facts, day(atHour), slots);
      assert.deepEqual([protection.status, protection.reason], [status, reason], protection.message);
    });
  }

  test('has the target and its source, the age, the next fire and when the target is missed', () => {
    const protection = judgeProtection(
      { ...well, schedules: [daily, { ...daily, schedule: '@weekly', nextFireAt: day(80) }] },
      day(12),
      slots,
    );
    assert.deepEqual(
      [
        protection.recoveryPointTargetSeconds,
        protection.recoveryPointTargetSource,
        protection.recoveryPointAgeSeconds,
        protection.nextFireAt,
        protection.breachesAt,
      ],
      [172_800, 'schedules', 36_000, day(26), day(50)],
    );
    assert.equal(protection.message, 'The last good copy is 10 h old; the target is 2 d.');
    assert.equal(
      judgeProtection({ ...well, targetSeconds: 3600 }, day(3), slots).recoveryPointTargetSource,
      'applicationClass',
    );
  });

  test('a status never gets better by waiting', () => {
    const hour = fc.integer({ min: -2000, max: 2000 });
    const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
    const facts: fc.Arbitrary<ProtectionFacts> = fc
      .record({
        createdAt: hour.map(day),
        targetSeconds: maybe(fc.integer({ min: 60, max: 4_000_000 })),
        schedules: fc.array(
          fc.record({
            schedule: maybe(fc.constantFrom('@hourly', '0 2 * * *', '0 2 * * 1-5', '@monthly')),
            suspend: fc.boolean(),
            nextFireAt: maybe(hour.map(day)),
            createdAt: hour.map(day),
            timeZone: fc.constantFrom('Etc/UTC', 'Europe/Berlin'),
            lastGood: maybe(hour.map((at) => copyAt(at))),
          }),
          { maxLength: 3 },
        ),
        lastGood: maybe(fc.tuple(hour, fc.integer({ min: 1, max: 2000 })).map(([at, ttl]) => copyAt(at, ttl))),
        restorableUntil: maybe(hour.map(day)),
        lastEnded: maybe(fc.constantFrom(failed, { operationId: 'x', outcome: 'Partial' as const })),
        inFlight: maybe(fc.record({ since: hour.map(day), delivered: fc.boolean() })),
        itemCounts: fc.array(fc.nat(100), { maxLength: 6 }),
      })
      .map(({ schedules, ...some }) => ({
        ...nothing,
        ...some,
        schedules: schedules.map((each) => ({ ...daily, ...each, updatedAt: each.createdAt })),
      }));
    fc.assert(
      fc.property(facts, fc.array(hour, { minLength: 2, maxLength: 8 }), (some, hours) => {
        // What can be restored is at least the good copy.
        const { lastGood, restorableUntil } = some;
        const until = [lastGood?.expiresAt, restorableUntil]
          .flatMap((each) => each ?? [])
          .sort()
          .at(-1);
        const severities = hours
          .sort((a, b) => a - b)
          .map((at) => severityOf(judgeProtection({ ...some, restorableUntil: until }, day(at), slots).status));
        assert.deepEqual(severities, severities.toSorted());
      }),
      { numRuns: 3000 },
    );
  });
});
