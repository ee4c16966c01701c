import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { processorMs } from '../../../../test/support/core/processor-ms.ts';
import { ttlHours } from '../../kernel/rules/duration.ts';
import { atOnce } from '../../kernel/rules/paced.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import { nextSlot } from '../../time/rules/recurrence.ts';
import { type ForecastInput, forecast } from './forecast.ts';

const from = '2026-11-21T12:00:00.000Z';
const daily = { name: 'daily', schedule: '0 2 * * *', ttl: '168h', deltaGB: 5 };
const weekly = { name: 'weekly', schedule: '0 3 * * 0', ttl: '672h', deltaGB: 20 };
const monthly = { name: 'monthly', schedule: '0 4 1 * *', ttl: '8760h', deltaGB: 40 };
const sizes = { firstCopyGB: 200, pricePerGBMonth: 0.05 };
const of = (more: Partial<ForecastInput> & Pick<ForecastInput, 'schedules'>) =>
  atOnce(forecast({ from, timeZone: 'Etc/UTC', ...more }));

test('the scheme of 23 backups is 7 daily, 4 weekly and 12 monthly copies: 790 GB, 39.50 a month', () => {
  const { steadyState, points } = of({ schedules: [daily, weekly, monthly], ...sizes });
  assert.deepEqual(steadyState?.copiesBySchedule, [7, 4, 12]);
  assert.deepEqual([steadyState.copies, steadyState.storageGB, steadyState.costPerMonth], [23, 790, 39.5]);
  assert.deepEqual([points[0]?.copies, points.at(-1)?.copies], [0, 23]);
});

test('a daily schedule keeps as many copies as days: 7, 30 and 365', () => {
  const counted = (ttl: string) => of({ schedules: [{ ...daily, ttl }], ...sizes }).steadyState;
  assert.deepEqual(
    ['168h', '720h', '8760h'].map((ttl) => counted(ttl)?.copies),
    [7, 30, 365],
  );
  assert.deepEqual([counted('168h')?.storageGB, counted('168h')?.costPerMonth], [230, 11.5]);
  // Not the published 150 and 1,650 GB: the whole copy counts, and so does each delta.
  assert.deepEqual([counted('720h')?.storageGB, counted('8760h')?.storageGB], [345, 2020]);
});

test('a copy is there from its slot on, and gone ttl after it, to the millisecond', () => {
  const at = (day: string, collectionDelayHours = 0) =>
    of({
      schedules: [{ ...daily, ttl: '48h', startsAt: '2026-11-22T00:00:00Z' }],
      from: day,
      horizonDays: 1,
      collectionDelayHours,
    });
  const first = (...input: Parameters<typeof at>) => at(...input).points[0]?.copies;
  assert.equal(first('2026-11-22T02:00:00.000Z'), 1);
  const line = of({
    schedules: [{ ...daily, ttl: '48h' }],
    from: '2026-11-22T02:00:00.000Z',
    horizonDays: 3,
    maxPoints: 400,
  });
  const copies = new Map(line.points.map((point) => [point.at, point.copies]));
  assert.deepEqual(
    ['22T02', '23T01', '23T02', '24T01', '24T02', '25T01'].map((hour) => copies.get(`2026-11-${hour}:00:00.000Z`)),
    [1, 1, 2, 2, 2, 2],
  );
});

test('points are whole hours or days apart, from the first moment to the last, and never more than were asked for', () => {
  const times = (horizonDays: number, maxPoints: number) =>
    of({ schedules: [daily], horizonDays, maxPoints }).points.map(({ at }) => Date.parse(at));
  const ten = times(10, 11);
  assert.deepEqual(
    [ten.length, ten[1], ten.at(-1)],
    [11, Date.parse(from) + 86_400_000, Date.parse(from) + 864_000_000],
  );
  assert.equal(times(10, 10).length, 6, 'two days apart');
  assert.equal(times(1, 25).length, 25);
  assert.equal(times(3, 3)[1], Date.parse(from) + 172_800_000, 'and the last are one day apart');
});

test('a slot that lies exactly at the beginning counts, and one a millisecond before it does not', () => {
  const copies = (moment: string, more: object = {}) =>
    of({ schedules: [{ ...daily, ...more }], from: moment, horizonDays: 1 }).points[0]?.copies;
  assert.equal(copies('2026-11-22T02:00:00.000Z'), 1);
  assert.equal(copies('2026-11-22T02:00:00.001Z'), 0);
  const steady = (moment: string) => of({ schedules: [daily], from: moment }).steadyState?.reachedAt;
  assert.equal(steady('2026-11-22T02:00:00.000Z'), '2026-11-29T02:00:00.000Z');
  assert.equal(steady('2026-11-22T02:00:00.001Z'), '2026-11-30T02:00:00.000Z');
  assert.equal(copies('2026-11-22T02:00:00.000Z', { startsAt: '2026-11-22T02:00:00.000Z' }), 1);
  const begins = of({
    schedules: [{ ...daily, startsAt: '2026-11-24T02:00:00.000Z' }],
    horizonDays: 5,
    maxPoints: 400,
  });
  const at = (moment: string) => begins.points.find((point) => point.at === `2026-11-${moment}:00:00.000Z`)?.copies;
  assert.deepEqual(['23T02', '24T01', '24T02', '25T02'].map(at), [0, 0, 1, 2]);
});

test('an hour of late collection keeps the expired copy beside the new one for that hour', () => {
  const { steadyState, points } = of({ schedules: [daily], collectionDelayHours: 1, horizonDays: 10, maxPoints: 400 });
  assert.deepEqual([steadyState?.copies, steadyState?.minimumCopies, steadyState?.maximumCopies], [7, 7, 8]);
  const atTwo = points.find(({ at }) => at === '2026-11-30T02:00:00.000Z');
  const atThree = points.find(({ at }) => at === '2026-11-30T03:00:00.000Z');
  assert.deepEqual([atTwo?.copies, atThree?.copies], [8, 7]);
});

test('8760 h are a day short of a leap year: for that day there are 11 monthly copies', () => {
  const { steadyState } = of({ schedules: [monthly], from: '2026-12-15T00:00:00Z' });
  assert.deepEqual([steadyState?.copies, steadyState?.minimumCopies, steadyState?.maximumCopies], [12, 11, 12]);
  const { steadyState: plain } = of({ schedules: [monthly], from: '2024-12-15T00:00:00Z' });
  assert.deepEqual([plain?.minimumCopies, plain?.maximumCopies], [12, 12]);
  const { steadyState: longer } = of({ schedules: [{ ...monthly, ttl: '8784h' }], from: '2026-12-15T00:00:00Z' });
  assert.deepEqual([longer?.minimumCopies, longer?.maximumCopies], [12, 13]);
});

test('the steady state is the mixture that is there most of the time, not one with a usual total', () => {
  const { steadyState } = of({
    schedules: [
      { schedule: '0 0 * * *', ttl: '30h' },
      { schedule: '0 0 1 1 *', ttl: '8736h' },
    ],
  });
  assert.deepEqual([steadyState?.copiesBySchedule, steadyState?.copies], [[1, 1], 2]);
});

test('the forecast equals the slots counted one by one, for any schedules over short horizons', () => {
  const schedule = fc.record({
    schedule: fc.constantFrom(
      '0 2 * * *',
      '*/15 * * * *',
      '0 * * * *',
      '30 2 * * 0',
      '0 4 1 * *',
      '20 1,2,3 * * *',
      '0 0 */2 * 3',
    ),
    timeZone: fc.constantFrom('Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
    ttl: fc.integer({ min: 1, max: 400 }).map((hours) => `${hours}h`),
    startsIn: fc.option(fc.integer({ min: -1000, max: 20_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(schedule, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: Date.UTC(2026, 1, 20) / 1000, max: Date.UTC(2026, 10, 10) / 1000 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 2, max: 12 }),
      (wanted, second, horizonDays, collectionDelayHours, maxPoints) => {
        const start = second * 1000;
        const schedules = wanted.map(({ startsIn, ...each }) => ({
          ...each,
          ...(startsIn !== undefined && { startsAt: new Date(start + startsIn * 60_000).toISOString() }),
        }));
        const input = { schedules, horizonDays, collectionDelayHours, maxPoints, from: new Date(start).toISOString() };
        const { points } = of(input);
        assert.ok(points.length <= maxPoints);
        for (const { at, copiesBySchedule } of points) {
          const moment = Date.parse(at);
          const expected = schedules.map(({ startsAt, ...each }) => {
            let count = 0;
            let last = Math.max(start, Date.parse(startsAt ?? input.from)) - 1;
            for (;;) {
              last = Date.parse(nextSlot(each.schedule, each.timeZone, new Date(last).toISOString()) ?? '9999');
              if (!(last <= moment)) return count;
              if (last + (ttlHours(each.ttl) + collectionDelayHours) * 3_600_000 > moment) count += 1;
            }
          });
          assert.deepEqual(copiesBySchedule, expected, `${at} ${JSON.stringify(schedules)}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('fifty hourly schedules over twenty years are forecast without holding anything up', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Etc/UTC'];
  const schedules = Array.from({ length: 50 }, (_, n) => ({
    schedule: `${n} * * * *`,
    timeZone: zones[n % 3],
    ttl: '87600h',
  }));
  const one = (count: number) =>
    processorMs(() => {
      const { points } = of({ schedules: schedules.slice(0, count), horizonDays: 7305, maxPoints: 400 });
      assert.ok(points.length <= 400);
    });
  one(3);
  // About 30 ms and 350 ms of a quiet processor.
  const [single, all] = [one(1), one(50)];
  assert.ok(single < 300, `${single} ms`);
  assert.ok(all < 3_000, `${all} ms`);
});

test('a schedule that never fires is refused, and one that never settles gets a warning', () => {
  assert.throws(() => of({ schedules: [{ schedule: '0 0 30 2 *', ttl: '24h' }] }), /never fires/);
  const { steadyState, warnings, points } = of({ schedules: [{ ...monthly, ttl: '175680h' }] });
  assert.equal(steadyState, undefined);
  assert.match(warnings.join(), /still grows after twenty years/);
  assert.equal(points.at(-1)?.copies, 240);
});

test('each schedule is told with its defaults filled in, and each point with all that is known', () => {
  const told = of({
    schedules: [daily, { schedule: '0 3 * * 0', ttl: '672h', timeZone: 'Europe/Berlin', startsAt: from }],
    ...{ ...sizes, deltaGB: 7, horizonDays: 2, maxPoints: 2, from: '2026-11-22T02:00:00.000Z' },
  });
  assert.deepEqual(told.schedules, [
    { ...daily, timeZone: 'Etc/UTC' },
    {
      ...{ schedule: '0 3 * * 0', ttl: '672h', timeZone: 'Europe/Berlin', startsAt: from },
      ...{ name: 'schedule-2', deltaGB: 7 },
    },
  ]);
  assert.deepEqual(told.points, [
    { at: '2026-11-22T02:00:00.000Z', copies: 2, copiesBySchedule: [1, 1], storageGB: 207, costPerMonth: 10.35 },
    { at: '2026-11-24T02:00:00.000Z', copies: 4, copiesBySchedule: [3, 1], storageGB: 217, costPerMonth: 10.85 },
  ]);
  assert.deepEqual(told.warnings, []);
  const plain = of({ schedules: [{ schedule: '0 2 * * *', ttl: '24h' }], horizonDays: 1, maxPoints: 2 });
  assert.deepEqual(plain.schedules, [
    { schedule: '0 2 * * *', ttl: '24h', name: 'schedule-1', timeZone: 'Etc/UTC', deltaGB: 0 },
  ]);
  assert.deepEqual(plain.points[1], { at: '2026-11-22T12:00:00.000Z', copies: 1, copiesBySchedule: [1] });
  const sized = of({ schedules: [daily], firstCopyGB: 200, horizonDays: 1, maxPoints: 2 });
  assert.deepEqual(sized.points, [
    { at: from, copies: 0, copiesBySchedule: [0], storageGB: 0 },
    { at: '2026-11-22T12:00:00.000Z', copies: 1, copiesBySchedule: [1], storageGB: 200 },
  ]);
  assert.ok(!('costPerMonth' in (of({ schedules: [daily], pricePerGBMonth: 1, horizonDays: 1 }).points[0] ?? {})));
});

test('the steady state is told with when it is reached, and amounts are rounded to four decimals', () => {
  const { steadyState, points } = of({ schedules: [{ ...daily, ttl: '72h', deltaGB: 0.00004 }], ...sizes });
  assert.deepEqual(steadyState, {
    ...{ reachedAt: '2026-11-25T02:00:00.000Z', copies: 3, copiesBySchedule: [3], storageGB: 200.0001 },
    ...{ costPerMonth: 10, minimumCopies: 3, maximumCopies: 3 },
  });
  assert.equal(points.at(-1)?.at, steadyState?.reachedAt, 'the forecast ends there');
  const grows = of({ schedules: [{ ...daily, ttl: '175680h' }] });
  assert.equal(grows.points.at(-1)?.at, new Date(Date.parse(from) + 7305 * 86_400_000).toISOString());
  assert.ok(grows.points.length <= 100 && grows.points.length > 50, `${grows.points.length} points`);
});

test('the full copy takes the place of the smallest copy that is there', () => {
  const storage = (...deltas: number[]) =>
    of({
      schedules: deltas.map((deltaGB) => ({ ...daily, deltaGB })),
      ...{ firstCopyGB: 100, from: '2026-11-22T02:00:00.000Z', horizonDays: 1, maxPoints: 2 },
    }).points.at(0)?.storageGB;
  assert.deepEqual([storage(5, 20), storage(20, 5), storage(20)], [120, 120, 100]);
  const later = { ...daily, deltaGB: 1, startsAt: '2026-12-01T00:00:00.000Z' };
  const { points } = of({
    schedules: [later, { ...daily, deltaGB: 20 }],
    ...{ firstCopyGB: 100, from: '2026-11-22T02:00:00.000Z', horizonDays: 2, maxPoints: 3 },
  });
  assert.deepEqual(
    points.map(({ storageGB }) => storageGB),
    [100, 120, 140],
  );
});

test('what lies out of this century or begins after twenty years is refused, at its very bound', () => {
  const refused = (pointer: string, more: Parameters<typeof of>[0]) =>
    assert.throws(
      () => of({ horizonDays: 1, ...more }),
      (error) => error instanceof Refusal && error.errors[0]?.pointer === pointer,
    );
  const schedules = [daily];
  assert.equal(of({ schedules, from: '2000-01-01T00:00:00.000Z', horizonDays: 1 }).warnings.length, 0);
  assert.equal(of({ schedules, from: '2099-12-31T23:59:59.999Z', horizonDays: 1 }).warnings.length, 0);
  refused('/from', { schedules, from: '1999-12-31T23:59:59.999Z' });
  refused('/from', { schedules, from: '2100-01-01T00:00:00.000Z' });
  const begins = (afterMs: number) => ({
    ...daily,
    startsAt: new Date(Date.parse(from) + 7305 * 86_400_000 + afterMs).toISOString(),
  });
  assert.match(of({ schedules: [daily, begins(0)], horizonDays: 1 }).warnings.join(), /^daily has no slot within/);
  refused('/schedules/1/startsAt', { schedules: [daily, begins(1)] });
  refused('/schedules/1/schedule', { schedules: [daily, { schedule: '0 0 30 2 *', ttl: '24h' }] });
});

test('a schedule whose first slot lies beyond the forecast is named', () => {
  const warned = (startsAt: string) =>
    of({ schedules: [daily, { schedule: '0 2 * * *', ttl: '24h', startsAt }], horizonDays: 3 }).warnings;
  assert.deepEqual(warned('2026-11-24T12:00:00.000Z'), ['schedule-2 has no slot within the time of the forecast.']);
  assert.deepEqual(warned('2026-11-24T02:00:00.000Z'), []);
  const last = { schedule: '0 12 * * *', ttl: '24h', startsAt: '2026-11-24T12:00:00.000Z' };
  assert.deepEqual(of({ schedules: [last], horizonDays: 3 }).warnings, [], 'at its very end');
});

test('what settles after twenty years to the day is told as settled, and a copy that lives an hour longer is not', () => {
  const settled = (ttl: string) => {
    const told = of({ schedules: [{ ...daily, ttl }], from: '2026-11-22T02:00:00.000Z' });
    return [told.steadyState?.copies, told.warnings];
  };
  assert.deepEqual(settled('175320h'), [7305, []]);
  assert.deepEqual(settled('175321h'), [undefined, ['The number of copies still grows after twenty years.']]);
});

test('other work may go on after each schedule, twice, and after each point', () => {
  const pauses = (count: number, maxPoints: number) => {
    const schedules = Array.from({ length: count }, () => daily);
    return [...forecast({ from, timeZone: 'Etc/UTC', schedules, horizonDays: 1, maxPoints })].length;
  };
  assert.equal(pauses(11, 2) - pauses(1, 2), 20);
  assert.equal(pauses(1, 13) - pauses(1, 3), 10);
});
