/** What is legal but unwise about a recurrence and about how long its copies are kept, case by case. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  moveWarnings,
  moveWarningsOfPlan,
  recurrenceWarnings,
  retentionWarnings,
  shortRetention,
} from './recurrence-warnings.ts';

const now = '2026-11-21T12:00:00.000Z';
const of = (schedule: string, timeZone = 'Etc/UTC') => recurrenceWarnings({ schedule, timeZone }, now).join('\n');

test('both day fields restricted is said to mean either', () => {
  assert.match(of('0 2 1-7 * 1'), /Day of month \(1-7\) and day of week \(1\) .* either of them, not only .* both/);
  for (const plain of ['0 2 1-7 * *', '0 2 * * 1', '0 2 */1 * 1', '0 2 1 * *,1', '0 2 1 * ?'])
    assert.equal(of(plain), '');
});

test('days that some months lack are named, unless the last day is one of them', () => {
  assert.match(of('0 0 31 * *'), /in only 7 of its 12 months/);
  assert.match(of('0 0 30 * *'), /in only 11 of its 12 months/);
  assert.match(of('0 0 30,31 * *'), /in only 11 of its 12 months/);
  assert.match(of('0 0 29 2 *'), /only in leap years/);
  for (const plain of ['0 0 28 * *', '0 0 L * *', '0 0 31,L * *', '0 0 31 1,3 *', '0 0 1,31 * *'])
    assert.equal(of(plain), '');
});

test('the next change of the clock within a year that moves a slot is named, and no other', () => {
  assert.equal(
    of('30 2 * * *', 'Europe/Berlin'),
    'On 2027-03-28 the clocks of Europe/Berlin go forward: 02:30 does not exist, and its slot fires, at 03:00+02:00.',
  );
  assert.match(
    of('*/15 2 * * *', 'Europe/Berlin'),
    /02:00 and later slots do not exist, and fire once, at 03:00\+02:00/,
  );
  assert.match(of('0 */6 * * *', 'America/Santiago'), /On 2027-09-05 .* 00:00 does not exist/);
  for (const [plain, zone] of [
    ['30 2 * * *', 'Etc/UTC'],
    ['0 3 * * *', 'Europe/Berlin'],
    ['0 * * * *', 'Europe/Berlin'],
    ['30 0-23 * * *', 'Europe/Berlin'],
    ['30 2 1 1 *', 'Europe/Berlin'],
  ] as const)
    assert.equal(of(plain, zone), '', `${plain} ${zone}`);
  const ended = { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', endsAt: '2027-03-01T00:00:00.000Z' };
  assert.deepEqual(recurrenceWarnings(ended, now), []);
  const from = (startsAt: string) =>
    recurrenceWarnings({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin', startsAt }, now).join();
  assert.match(from('2027-04-01T00:00:00.000Z'), /^On 2028-03-26 /, 'the first one after it starts');
  assert.match(from('2026-01-01T00:00:00.000Z'), /^On 2027-03-28 /, 'the next one of what has started');
});

test('a copy has to last for the longest time between two slots, and better for twice that', () => {
  for (const [schedule, ttl, leavesNone] of [
    ['0 1,2 * * *', '2h', true],
    ['0 1,2 * * *', '22h', true],
    ['0 1,2 * * *', '23h', false],
    ['0 1,2 * * *', '46h', undefined],
    ['@yearly', '720h', true],
    ['@yearly', '8783h', true],
    ['@yearly', '26352h', undefined],
    ['0 0 29 2 *', '26352h', true],
    ['0 2 * * 1-5', '48h', true],
    ['0 2 * * *', '24h', false],
    ['0 2 * * *', '48h', undefined],
    ['0 * * * *', '24h', undefined],
    ['0 4 1 * *', '8760h', undefined],
  ] as const) {
    assert.equal(shortRetention(schedule, ttl)?.leavesNone, leavesNone, `${schedule} ${ttl}`);
  }
  assert.match(shortRetention('0 1,2 * * *', '2h')?.detail ?? '', /Make it at least 23h, better 46h/);
});

test('more copies than Velero can list are counted', () => {
  const count = (schedule: string, ttl: string) =>
    retentionWarnings({ schedule, timeZone: 'Etc/UTC' }, ttl, now).join('\n');
  assert.match(count('* * * * *', '720h'), /keeps 43,200 copies at a time \(ttl 720h\)/);
  assert.match(count('0 * * * *', '1001h'), /keeps 1,001 copies at a time/);
  for (const ttl of ['1000h', '720h']) assert.equal(count('0 * * * *', ttl), '');
  assert.equal(count('0 2 * * *', '17520h'), '');
});

test('nothing is warned of about the copies of a recurrence that cannot be computed', () => {
  const kept = { schedule: '0 2 * * *', timeZone: 'Europe/Berlin' };
  assert.equal(retentionWarnings(kept, '24h', now).length, 1);
  for (const broken of [{ timeZone: 'Europe/Atlantis' }, { schedule: '0 2 32 * *' }])
    assert.deepEqual(retentionWarnings({ ...kept, ...broken }, '24h', now), []);
});

test('a move that leaves a longer time between two slots than there ever is says how long it is', () => {
  const createdAt = '2026-01-01T00:00:00.000Z';
  const daily = { id: 'a', schedule: '0 2 * * *', timeZone: 'Etc/UTC', createdAt, protectionPlanEntry: 'daily' };
  // The last slot was at 02:00 of this day.
  const moved = (hours: number) => ({
    ...daily,
    timeZone: 'Europe/Berlin',
    nextSlotAt: new Date(Date.parse('2026-11-21T02:00:00.000Z') + hours * 3_600_000).toISOString(),
  });
  assert.match(moveWarnings(daily, moved(47), now).join(), /lie 47 h; otherwise at most 24 h .* Trigger the schedule/);
  const half = { ...daily, schedule: '0,30 2 * * *', nextSlotAt: '2026-11-23T01:30:00.000Z' };
  assert.match(
    moveWarnings(half, half, now).join(),
    /^Between the last slot \(2026-11-21T02:30:00\.000Z\) and the next one \(2026-11-23T01:30:00\.000Z\) lie 47 h; otherwise at most 24 h lie/,
    '23.5 hours are at most 24',
  );
  assert.deepEqual([moveWarnings(daily, moved(25), now), moveWarnings(daily, moved(36), now)], [[], []]);
  assert.deepEqual(moveWarnings({ ...daily, createdAt: now }, moved(47), now), [], 'it has had no slot');
  assert.deepEqual(moveWarnings({ ...daily, timeZone: 'Europe/Atlantis' }, moved(47), now), [], 'it could not be read');
  const ended = { ...daily, endsAt: '2026-11-01T00:00:00.000Z' };
  for (const [nextSlotAt, warningCount] of [
    ['2026-11-20T02:00:00.000Z', 0],
    [now, 0],
    ['2026-11-21T12:00:00.001Z', 1],
  ] as const)
    assert.equal(moveWarnings(ended, { ...daily, nextSlotAt }, now).length, warningCount, `next at ${nextSlotAt}`);
  const twice = [moved(47), { ...moved(47), id: 'b' }];
  assert.match(moveWarningsOfPlan([daily, { ...daily, id: 'b' }], twice, now).join('|'), /^daily: Between [^|]*$/);
  assert.deepEqual(moveWarningsOfPlan(twice, twice, now), [], 'its recurrence is the same');
});

test('the time between two single times says nothing, nor between slots of what fires once in years', () => {
  const [createdAt, timeZone] = ['2026-01-01T00:00:00.000Z', 'Etc/UTC'];
  const moved = { timeZone, createdAt, nextSlotAt: '2026-12-21T12:00:00.000Z' };
  const once = { ...moved, at: '2026-11-01T00:00:00.000Z' };
  assert.deepEqual(moveWarnings(once, { ...moved, at: moved.nextSlotAt }, now), []);
  assert.equal(moveWarnings(once, { ...moved, schedule: '0 2 * * *' }, now).length, 1, 'by the one that recurs');
  assert.equal(moveWarnings({ ...moved, schedule: '0 2 * * *' }, { ...moved, at: moved.nextSlotAt }, now).length, 1);
});

test('a plan warns of a move of twenty schedules at most, and of the schedules that it had', () => {
  const daily = { schedule: '0 2 * * *', timeZone: 'Etc/UTC', createdAt: '2026-01-01T00:00:00.000Z' };
  const of = (count: number, more: object = {}) =>
    Array.from({ length: count }, (_, n) => ({ ...daily, id: `${n}`, protectionPlanEntry: `e-${n}`, ...more }));
  const late = { timeZone: 'Europe/Berlin', nextSlotAt: '2026-11-23T02:00:00.000Z' };
  const warned = (count: number, more: object) => moveWarningsOfPlan(of(count), of(count, more), now);
  assert.equal(warned(21, late).length, 20);
  assert.match(warned(1, late)[0] ?? '', /^e-0: Between the last slot \(2026-11-21T02:00:00\.000Z\) and the next one/);
  assert.equal(warned(1, { nextSlotAt: late.nextSlotAt, schedule: '0 3 * * *' }).length, 1);
  assert.deepEqual(warned(1, { nextSlotAt: late.nextSlotAt }), [], 'nothing was moved');
  assert.deepEqual(moveWarningsOfPlan([], of(1, late), now), [], 'it is new');
});
