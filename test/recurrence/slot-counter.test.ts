import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GivenCronExpression } from '../../src/core/time/rules/cron/cron-expression.ts';
import { nextSlot } from '../../src/core/time/rules/recurrence.ts';
import { slotCounter } from '../../src/core/time/rules/slot-counter.ts';
import { processorMs } from '../support/core/processor-ms.ts';

const expressions = [
  '0 2 * * *',
  '30 2 * * *',
  '*/10 1-3 * * *',
  '0 * * * *',
  '15 */2 * * *',
  '* 2 * * *',
  '0 3 * * 0',
  '0 3 * * 7',
  '0 4 1 * *',
  '30 0 29 2 *',
  '0 0 13 * FRI',
  '0 12 */5 * MON-WED',
  '0 12 ? JAN-MAR,OCT ?',
  '5/20 2,3 * * *',
  '0 2 1-10/3 * 1/2',
  '@daily',
  '@hourly',
  '@monthly',
  '59 23 31 12 *',
  '30 4 * * FRI-SUN',
  '30 0-23 * * *',
  '0 2 L * *',
  '0 2 LW * 5L',
  '5/15 2 * * *',
];
const zones = [
  'Etc/UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/Havana',
];

function enumerated(schedule: string, timeZone: string, from: number, to: number): number {
  let count = 0;
  let slot = nextSlot(schedule, timeZone, new Date(from - 1).toISOString());
  while (slot !== undefined && Date.parse(slot) <= to) {
    count += 1;
    slot = nextSlot(schedule, timeZone, slot);
  }
  return count;
}

test('counts exactly the slots that the scheduler would fire, across changes of the clocks', () => {
  const known = expressions.filter((each) => GivenCronExpression.safeParse(each).success);
  assert.ok(known.length > 15, known.join('; '));
  const starts = fc.integer({ min: Date.UTC(2024, 0, 1) / 60_000, max: Date.UTC(2032, 0, 1) / 60_000 });
  // Around the changes of Europe, America and Lord Howe too, where a random day seldom falls.
  const near = fc
    .tuple(
      fc.constantFrom(
        '2026-03-29T01:00Z',
        '2026-10-25T01:00Z',
        '2027-03-14T07:00Z',
        '2027-11-07T06:00Z',
        '2026-04-04T15:00Z',
        '2026-10-03T15:30Z',
        '2027-03-14T05:00Z',
        '2026-02-15T02:00Z',
        '2026-03-22T02:00Z',
      ),
      fc.integer({ min: -400, max: 400 }),
    )
    .map(([at, minutes]) => Date.parse(at) / 60_000 + minutes);
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.constantFrom(...zones),
      fc.oneof(starts, near),
      fc.integer({ min: 0, max: 59_999 }),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 15_000 })), {
        minLength: 1,
        maxLength: 3,
      }),
      (schedule, timeZone, start, past, spans) => {
        const from = start * 60_000 + past;
        const to = from + Math.max(...spans) * 60_000;
        const counter = slotCounter({ schedule, timeZone }, from, to);
        for (const span of spans) {
          const at = from + span * 60_000;
          assert.equal(
            counter(at),
            enumerated(schedule, timeZone, from, at),
            `${schedule} ${timeZone} ${new Date(from).toISOString()} +${span} min`,
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('twenty years of every minute are counted in milliseconds', () => {
  const from = Date.UTC(2026, 10, 21);
  const to = Date.UTC(2046, 10, 21);
  const ms = processorMs(() => {
    const counter = slotCounter({ schedule: '* * * * *', timeZone: 'Etc/UTC' }, from, to);
    for (let n = 0; n <= 800; n += 1) counter(from + (n * (to - from)) / 800);
    assert.equal(counter(to), (to - from) / 60_000 + 1);
  });
  assert.ok(ms < 1_000, `${ms} ms`);
});

test('what is remembered of one change of the clocks serves only others like it', () => {
  const from = Date.UTC(2025, 0, 1);
  const to = Date.UTC(2031, 0, 1);
  for (const timeZone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca']) {
    for (const schedule of ['30 2 * * 0', '15 2 1-7 * *', '0,30 0-3 * 3,10 0', '30 1 25-31 * *']) {
      const counter = slotCounter({ schedule, timeZone }, from, to);
      const told = `${schedule} ${timeZone}`;
      assert.equal(counter(to), enumerated(schedule, timeZone, from, to), told);
    }
  }
});
