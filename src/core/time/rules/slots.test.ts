import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoizedNextSlot, nextSlot } from './recurrence.ts';
import {
  countSlots,
  memoizedPassedSlots,
  passedSlots,
  type Recurrence,
  shortestGapSeconds,
  slotAfter,
  slotBefore,
  spreadOffsetSeconds,
} from './slots.ts';

const expressions = [
  '* * * * *',
  '*/7 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '15 1,2,3 * * *',
  '0 2 1 * MON',
  '0 3 * * 0',
  '59 23 28-31 * *',
];
const zones = [
  'Etc/UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Casablanca',
];

function enumerated(recurrence: Recurrence, after: string, until: string): string[] {
  const found: string[] = [];
  let slot = slotAfter(recurrence, after);
  while (slot !== undefined && slot <= until) {
    found.push(slot);
    slot = slotAfter(recurrence, slot);
  }
  return found;
}

test('what has passed is what enumerating gives, within the bounds and through every change of the clocks', () => {
  // Days around the changes of 2026 in these zones, and any other.
  const changes = [
    '2026-03-08',
    '2026-03-29',
    '2026-04-05',
    '2026-10-04',
    '2026-10-25',
    '2026-11-01',
    '2026-02-15',
    '2026-03-22',
    '2026-06-30',
  ];
  const start = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2880, max: 1440 }))
    .map(([day, minutes]) => new Date(Date.parse(day) + minutes * 60_000).toISOString());
  fc.assert(
    fc.property(
      fc.constantFrom(...expressions),
      fc.constantFrom(...zones),
      start,
      fc.integer({ min: 0, max: 4 * 1440 }),
      fc.array(fc.integer({ min: 0, max: 4 * 1440 }), { maxLength: 2 }),
      (schedule, timeZone, after, minutes, bounds) => {
        const later = (count: number) => new Date(Date.parse(after) + count * 60_000).toISOString();
        const until = later(minutes);
        const [startsAt, endsAt] = bounds.toSorted((a, b) => a - b).map(later);
        const recurrence = { schedule, timeZone, startsAt, endsAt };
        const slots = enumerated(recurrence, after, until);
        const [first] = slots;
        if (first === undefined) return;
        assert.deepEqual(passedSlots(recurrence, first, until), {
          first,
          newest: slots.at(-1),
          count: slots.length,
          beforeNewest: slots.at(-2),
          next: slotAfter(recurrence, until),
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('ten years of minutes are counted to the last within a second of the processor', () => {
  const startedAt = process.cpuUsage();
  const passed = passedSlots(
    { schedule: '* * * * *', timeZone: 'Europe/Berlin' },
    '2016-11-21T00:00:00.000Z',
    '2026-11-21T00:00:00.000Z',
  );
  const { user, system } = process.cpuUsage(startedAt);
  assert.equal(passed.count, 3652 * 1440 + 1);
  assert.ok((user + system) / 1e6 < 1, `${(user + system) / 1e6} s`);
});

test('bounds are kept, and one moment is a recurrence of one', () => {
  const bounded = {
    schedule: '0 2 * * *',
    timeZone: 'Etc/UTC',
    startsAt: '2026-05-28T02:00:00.000Z',
    endsAt: '2026-05-29T02:00:00.000Z',
  };
  assert.deepEqual(enumerated(bounded, '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'), [
    '2026-05-28T02:00:00.000Z',
    '2026-05-29T02:00:00.000Z',
  ]);
  assert.equal(slotBefore(bounded, '2027-01-01T00:00:00.000Z'), '2026-05-29T02:00:00.000Z');
  assert.equal(slotBefore(bounded, '2026-05-28T02:00:00.000Z'), undefined);
  const once = { at: '2026-05-28T02:00:00.000Z', timeZone: 'Etc/UTC' };
  assert.deepEqual(enumerated(once, '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'), [
    '2026-05-28T02:00:00.000Z',
  ]);
});

test('the shortest gap is found, also in lists', () => {
  assert.equal(shortestGapSeconds({ schedule: '0,10 2 * * *', timeZone: 'Etc/UTC' }, '2026-05-28T00:00:00.000Z'), 600);
  assert.equal(shortestGapSeconds({ schedule: '0 2 * * *', timeZone: 'Etc/UTC' }, '2026-05-28T00:00:00.000Z'), 86_400);
});

test('a spread is even, stable, and within its window', () => {
  const offsets = Array.from({ length: 1000 }, (_, i) =>
    spreadOffsetSeconds(`01a1fc2c-56dc-776a-9702-${String(i).padStart(12, '0')}`, 7200),
  );
  assert.ok(offsets.every((offset) => offset >= 0 && offset < 7200));
  for (let quarter = 0; quarter < 4; quarter += 1) {
    const share = offsets.filter((offset) => Math.floor(offset / 1800) === quarter).length;
    assert.ok(share > 180 && share < 320, `${share} in quarter ${quarter}`);
  }
});

test('the place in a spread is the same in every version, so that no schedule moves with an upgrade', () => {
  const of = (id: string) => [3_600, 604_800].map((spread) => spreadOffsetSeconds(id, spread));
  assert.deepEqual(of('01a1fc2c-56dc-776a-9702-a499873becfb'), [800, 522_800]);
  assert.deepEqual(of('01a1fc2c-56dc-776a-9702-000000000001'), [2_504, 114_104]);
  for (const none of [undefined, 0, -60]) assert.equal(spreadOffsetSeconds('x', none), 0);
});

test('the shortest gap is looked for through three years, and at least between the next two slots', () => {
  const gap = (recurrence: object, after: string) => shortestGapSeconds({ timeZone: 'Etc/UTC', ...recurrence }, after);
  assert.equal(gap({ schedule: '0 0,1 1 1 *' }, '2026-01-01T00:30:00.000Z'), 3_600);
  const days = 4 * 365 + 1;
  assert.equal(gap({ schedule: '0 0,1 29 2 *' }, '2028-02-29T00:30:00.000Z'), days * 86_400 - 3_600);
  const ends = { schedule: '0 2 * * *', endsAt: '2026-05-30T01:00:00.000Z' };
  assert.equal(gap(ends, '2026-05-28T01:00:00.000Z'), 86_400);
  assert.equal(gap(ends, '2026-05-28T02:00:00.000Z'), undefined, 'one slot is left');
  assert.equal(gap({ at: '2026-05-30T01:00:00.000Z' }, '2026-05-28T01:00:00.000Z'), undefined);
});

test('of one moment there is one slot, strictly after and strictly before', () => {
  const at = '2026-05-28T02:00:00.000Z';
  const once = { at: '2026-05-28T04:00:00+02:00', timeZone: 'Etc/UTC' };
  const [before, after] = [-1, 1].map((ms) => new Date(Date.parse(at) + ms).toISOString());
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual([slotAfter(once, before), slotAfter(once, at)], [at, undefined]);
  assert.deepEqual([slotBefore(once, after), slotBefore(once, at)], [at, undefined]);
  assert.deepEqual(
    [countSlots(once, before, at), countSlots(once, at, after), countSlots(once, before, before)],
    [1, 0, 0],
  );
  const nothing = { timeZone: 'Etc/UTC' };
  assert.deepEqual(
    [slotAfter(nothing, at), slotBefore(nothing, at), countSlots(nothing, before, after)],
    [undefined, undefined, 0],
  );
  assert.deepEqual(passedSlots(once, at, after), {
    first: at,
    newest: at,
    count: 1,
    beforeNewest: undefined,
    next: undefined,
  });
});

test('slots at the very bounds count, and none beyond them', () => {
  const bounded = {
    ...{ schedule: '0 * * * *', timeZone: 'Etc/UTC' },
    ...{ startsAt: '2026-05-28T02:00:00.000Z', endsAt: '2026-05-28T04:00:00.000Z' },
  };
  const hour = (number: number) => `2026-05-28T0${number}:00:00.000Z`;
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((from) => countSlots(bounded, hour(from), hour(9))),
    [3, 3, 2, 1, 0],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((until) => countSlots(bounded, hour(0), hour(until))),
    [0, 1, 2, 3, 3],
  );
  assert.deepEqual(
    [0, 1, 2, 4].map((after) => slotAfter(bounded, hour(after))),
    [hour(2), hour(2), hour(3), undefined],
  );
  assert.deepEqual(
    [2, 3, 4, 5].map((before) => slotBefore(bounded, hour(before))),
    [undefined, hour(2), hour(3), hour(4)],
  );
});

test('what is remembered is remembered for its own question only', () => {
  const passed = memoizedPassedSlots(memoizedNextSlot());
  const [first, until] = ['2026-05-28T02:00:00.000Z', '2026-05-30T04:30:00.000Z'];
  const base = { schedule: '0 2 * * *', timeZone: 'Etc/UTC' };
  const questions: readonly [Recurrence, string, string][] = [
    [base, first, until],
    [{ ...base, schedule: '0 3 * * *' }, first, until],
    [{ ...base, timeZone: 'Asia/Tokyo' }, first, until],
    [{ ...base, startsAt: '2026-05-30T00:00:00.000Z' }, first, until],
    [{ ...base, endsAt: '2026-05-29T00:00:00.000Z' }, first, until],
    [base, '2026-05-29T02:00:00.000Z', until],
    [base, first, '2026-05-31T04:30:00.000Z'],
    [{ timeZone: 'Etc/UTC', at: first }, first, until],
    [{ timeZone: 'Etc/UTC', at: until }, first, until],
  ];
  for (let round = 1; round <= 2; round += 1)
    for (const question of questions) assert.deepEqual(passed(...question), passedSlots(...question));
  const next = memoizedNextSlot();
  for (const [schedule, zone, after] of [
    ['0 2 * * *', 'Etc/UTC', first],
    ['0 3 * * *', 'Etc/UTC', first],
    ['0 2 * * *', 'Asia/Tokyo', first],
    ['0 2 * * *', 'Etc/UTC', until],
  ] as const)
    for (let round = 1; round <= 2; round += 1)
      assert.equal(next(schedule, zone, after), nextSlot(schedule, zone, after));
});
