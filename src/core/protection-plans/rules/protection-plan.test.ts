import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../../kernel/rules/problem.ts';
import { longestGapMinutes } from '../../time/rules/cadence.ts';
import { builtInProtectionPlans, checkEntries, entriesOf } from './protection-plan.ts';

const now = '2026-11-21T12:00:00Z';
const check = (schedule: string, ttl: string, timeZone = 'Etc/UTC') =>
  checkEntries({ entries: entriesOf([{ name: 'only', schedule, ttl }]), timeZone }, now);

test('the built-in plans are what they were, with the ids that they had', () => {
  const plans = builtInProtectionPlans('any');
  assert.deepEqual(
    plans.map(({ id, name, entries }) => [id, name, entries.map((each) => `${each.schedule} ${each.ttl}`)]),
    [
      ['00000000-0000-7000-8000-000000000001', 'default', ['0 * * * * 24h', '0 2 * * * 720h', '0 3 * * 0 2016h']],
      ['00000000-0000-7000-8000-000000000002', 'gfs-23', ['0 2 * * * 168h', '0 3 * * 0 672h', '0 4 1 * * 8760h']],
    ],
  );
  for (const plan of plans) assert.deepEqual(checkEntries(plan, now), [], plan.name);
});

test('the period of a recurrence is its longest time between slots', () => {
  const hours = Object.fromEntries(
    [
      '* * * * *',
      '0 * * * *',
      '0 2 * * *',
      '0 2,14 * * *',
      '0 2,3 * * *',
      '0 3 * * 0',
      '0 2 * * 1-5',
      '0 4 1 * *',
      '0 4 31 * *',
      '0 4 1 1 *',
      '0 * 1 * *',
    ].map((each) => [each, (longestGapMinutes(each) ?? 0) / 60]),
  );
  assert.deepEqual(hours, {
    '* * * * *': 1 / 60,
    '0 * * * *': 1,
    '0 2 * * *': 24,
    '0 2,14 * * *': 12,
    '0 2,3 * * *': 23,
    '0 3 * * 0': 168,
    '0 2 * * 1-5': 72,
    '0 4 1 * *': 744,
    '0 4 31 * *': 61 * 24,
    '0 4 1 1 *': 366 * 24,
    '0 * 1 * *': 30 * 24 + 1,
  });
  assert.equal(longestGapMinutes('0 0 30 2 *'), undefined);
});

test('a ttl that leaves times without any copy is refused, one that a failed run leaves without is warned of', () => {
  for (const [schedule, ttl] of [
    ['0 2 * * *', '23h'],
    ['0 3 * * 0', '167h'],
    ['0 4 1 * *', '720h'],
    ['0 2 * * 1-5', '48h'],
  ] as const) {
    assert.throws(
      () => check(schedule, ttl),
      (error: Refusal) => {
        assert.deepEqual([error.code, error.errors[0]?.pointer], ['rule-violated', '/entries/0/ttl']);
        assert.match(error.errors[0]?.detail ?? '', /without any copy. Make it at least \d+h/);
        return true;
      },
    );
  }
  assert.match(check('0 2 * * *', '24h').join(), /one failed run leaves no copy. Better 48h/);
  assert.match(check('0 2 * * *', '47h', 'Europe/Berlin').join(), /one failed run/);
  assert.deepEqual(check('0 2 * * *', '48h'), []);
});

test('entries that share a name, never fire, or spread over their neighbours are refused, all at once', () => {
  const entries = entriesOf([
    { name: 'a', schedule: '0 2 * * *', ttl: '720h' },
    { name: 'a', schedule: '0 0 30 2 *', ttl: '720h' },
    { name: 'b', schedule: '0 * * * *', ttl: '24h', spreadSeconds: 7200 },
  ]);
  assert.throws(
    () => checkEntries({ entries, timeZone: 'Etc/UTC' }, now, 86_400),
    (error: Refusal) => {
      assert.deepEqual(
        error.errors.map(({ pointer }) => pointer),
        ['/entries/1/name', '/entries/1/schedule', '/entries/2/spreadSeconds', '/entries/2/schedule'],
      );
      return true;
    },
  );
});

test("a built-in plan is any organization's own, as its answers show it", () => {
  const at = '2026-11-21T00:00:00.000Z';
  for (const plan of builtInProtectionPlans('any')) {
    const { id: _, name: __, displayName: ___, entries, ...rest } = plan;
    assert.deepEqual(rest, {
      ...{ organizationId: 'any', timeZone: 'Etc/UTC', createdAt: at, updatedAt: at, revision: 1, builtIn: true },
    });
    for (const { name, cadence } of entries) assert.equal(cadence, name);
  }
});

test('the cadence of an entry is the one that is given, else that of its recurrence', () => {
  const given = { name: 'a', schedule: '0 2 * * *', ttl: '720h', spreadSeconds: 60 };
  assert.deepEqual(entriesOf([given, { ...given, name: 'b', cadence: 'custom' }]), [
    { ...given, cadence: 'daily' },
    { ...given, name: 'b', cadence: 'custom' },
  ]);
});

test('a spread may be as long as the time between slots, and the shortest interval may be reached', () => {
  const of = (spreadSeconds: number | undefined, minimumIntervalSeconds?: number) =>
    checkEntries(
      { entries: entriesOf([{ name: 'a', schedule: '0 * * * *', ttl: '24h', spreadSeconds }]), timeZone: 'Etc/UTC' },
      now,
      minimumIntervalSeconds,
    );
  assert.deepEqual([of(3600), of(undefined, 3600)], [[], []]);
  const refused = (message: string, ...given: Parameters<typeof of>) => assert.throws(() => of(...given), { message });
  refused('/entries/0/spreadSeconds is longer than the 3600 s between slots. Make it at most 3600.', 3601);
  refused(
    '/entries/0/schedule fires every 3600 s; the organization allows one fire every 3601 s at most.',
    ...([undefined, 3601] as const),
  );
  refused('2 fields break a rule.', 3601, 3601);
});

test('each warning begins with the name of its entry, and an entry that is refused has none', () => {
  const warned = check('30 2 * * *', '24h', 'Europe/Berlin');
  assert.equal(warned.length, 2);
  assert.match(warned[0] ?? '', /^only: On 2027-03-28 the clocks of Europe\/Berlin go forward/);
  assert.match(warned[1] ?? '', /^only: ttl \(24h\) is shorter than twice/);
  assert.throws(() => check('0 0 30 2 *', '1h'), { message: '/entries/0/schedule never fires (no date matches it).' });
});
