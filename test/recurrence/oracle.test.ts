/**
 * Every zone that this runtime knows, 2024 to 2030: nextSlot and previousSlot against an oracle that walks the wall clock.
 * Each change of offset is walked through, slot by slot; the time between is sampled. Zones whose clocks have changed
 * alike share the walk. test/long walks all of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextSlot, previousSlot } from '../../src/core/time/rules/recurrence.ts';
import { patternOf, type Stretch, slotsBetween, stretchesOf } from '../support/core/recurrence-oracle.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const first = Date.UTC(2024, 0, 1);
const last = Date.UTC(2031, 0, 1);

const expressions = [
  '* * * * *',
  '*/15 * * * *',
  '*/7 0-3 * * *',
  '0 * * * *',
  '45 * * * *',
  '30 0-23 * * *',
  '0 */2 * * *',
  '15 */6 * * *',
  '0 0-23/12 * * *',
  '*/10 0 * * *',
  '0 0 * * *',
  '30 2 * * *',
  '30 23 * * *',
  '5,35 1,2,3 * * *',
  '0 2,14 * * 1-5',
  '30 0 1 * *',
  '15 2 31 * *',
  '59 23 28-31 * 0',
  '0 3 13 * 5',
  '0 1 29 2 *',
  '*/20 2 * 3,10 0',
];

interface Table {
  readonly zones: readonly [string, ...string[]];
  readonly stretches: readonly Stretch[];
  readonly changes: readonly { readonly at: number; readonly by: number }[];
}

function tablesOfAllZones(): readonly Table[] {
  const tables = new Map<string, Table>();
  for (const zone of [...Intl.supportedValuesOf('timeZone'), 'Etc/UTC', 'Etc/GMT+12', 'Etc/GMT-14']) {
    const stretches = stretchesOf(zone, first - 40 * dayMs, last + 40 * dayMs);
    const key = JSON.stringify(stretches);
    const changes = stretches
      .map(({ from, offset }, i) => ({ at: from, by: offset - (stretches[i - 1]?.offset ?? offset) }))
      .filter(({ at, by }) => by !== 0 && at >= first && at < last);
    const known = tables.get(key)?.zones;
    tables.set(key, { stretches, changes, zones: known === undefined ? [zone] : [...known, zone] });
  }
  return [...tables.values()];
}
const tables = tablesOfAllZones();

const offsetAt = (stretches: readonly Stretch[], at: number) =>
  stretches.findLast(({ from }) => from <= at)?.offset ?? 0;
const iso = (at: number) => new Date(at).toISOString();
const told = (slots: readonly number[]) => slots.map(iso);

/** All slots of the span, by the service's own function. */
function walked(expression: string, zone: string, from: number, to: number): readonly string[] {
  const found: string[] = [];
  let slot = nextSlot(expression, zone, iso(from - 1));
  while (slot !== undefined && Date.parse(slot) < to) {
    assert.ok(slot > (found.at(-1) ?? ''), `${expression} in ${zone} does not go on after ${slot}`);
    found.push(slot);
    slot = nextSlot(expression, zone, slot);
  }
  return found;
}

/** Wide enough for what the change does, and no wider than a test can walk. */
function around(expression: string, at: number): { readonly from: number; readonly to: number } {
  const { times } = patternOf(expression);
  const reach = times.length > 1000 ? 65 * minuteMs : times.length > 6 ? 4 * hourMs : dayMs + 2 * hourMs;
  return { from: at - reach, to: at + reach };
}

test('the runtime knows all zones, and the oracle finds their changes', () => {
  assert.ok(tables.flatMap(({ zones }) => zones).length > 400);
  const berlin = tables.find(({ zones }) => zones.includes('Europe/Berlin'));
  assert.deepEqual(told(berlin?.changes.slice(0, 2).map(({ at }) => at) ?? []), [
    '2024-03-31T01:00:00.000Z',
    '2024-10-27T01:00:00.000Z',
  ]);
  assert.equal(berlin?.changes.length, 14);
});

for (const expression of expressions) {
  test(`through every change of every zone's clock, ${expression} has the oracle's slots, forwards and backwards`, () => {
    const pattern = patternOf(expression);
    for (const { zones, stretches, changes } of tables) {
      const [zone] = zones;
      for (const { at } of changes) {
        const { from, to } = around(expression, at);
        const expected = told(slotsBetween(pattern, stretches, from, to));
        assert.deepEqual(walked(expression, zone, from, to), expected, `${expression} in ${zone} around ${iso(at)}`);
        if (expected.length > 40) continue;
        const backwards = expected.map((_, i) => previousSlot(expression, zone, expected[i + 1] ?? iso(to)));
        assert.deepEqual(backwards, expected, `${expression} in ${zone} backwards around ${iso(at)}`);
      }
    }
  });
}

test('from any moment, the next slot and the one before are the nearest of the oracle', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...expressions),
      fc.constantFrom(...tables),
      fc.integer({ min: first / 1000, max: last / 1000 - 1 }),
      fc.option(fc.tuple(fc.nat(13), fc.integer({ min: -7_200_000, max: 7_200_000 }))),
      (expression, { zones, stretches, changes }, second, near) => {
        const change = near === null ? undefined : changes[near[0]];
        const now = change === undefined || near === null ? second * 1000 : change.at + near[1];
        const where = `${expression} in ${zones[0]} at ${iso(now)}`;
        const pattern = patternOf(expression);
        for (const days of [2, 36, 366 * 8]) {
          const after = slotsBetween(pattern, stretches, now + 1, Math.min(now + days * dayMs, last))[0];
          const next = nextSlot(expression, zones[0], iso(now));
          if (after !== undefined) assert.equal(next, iso(after), where);
          if (after !== undefined || now + days * dayMs >= last) break;
        }
        for (const days of [2, 36, 366 * 8]) {
          const before = slotsBetween(pattern, stretches, Math.max(now - days * dayMs, first), now).at(-1);
          const previous = previousSlot(expression, zones[0], iso(now));
          if (before !== undefined) assert.equal(previous, iso(before), where);
          if (before !== undefined || now - days * dayMs <= first) break;
        }
      },
    ),
    { numRuns: 4_000, seed: 20_240_101 },
  );
});

test('zones whose clocks have changed alike have the same slots', () => {
  for (const { zones, changes } of tables) {
    const at = changes[0]?.at ?? Date.UTC(2027, 5, 1);
    for (const expression of ['0 2,14 * * 1-5', '15 */6 * * *']) {
      const expected = nextSlot(expression, zones[0], iso(at - hourMs));
      for (const zone of zones) assert.equal(nextSlot(expression, zone, iso(at - hourMs)), expected, zone);
    }
  }
});

test('a fixed time comes once for each local day, also where the clock leaves it out or repeats it', () => {
  for (const { zones, stretches, changes } of tables) {
    for (const { at, by } of changes) {
      const shown = new Date(at + offsetAt(stretches, at));
      for (let halfHours = -8; halfHours <= 8; halfHours += 1) {
        const time = new Date(shown.getTime() + halfHours * 30 * minuteMs);
        const expression = `${time.getUTCMinutes()} ${time.getUTCHours()} * * *`;
        const before = previousSlot(expression, zones[0], iso(at - dayMs));
        let slot = Date.parse(before ?? '');
        for (let day = 0; day < 3; day += 1) {
          const next = Date.parse(nextSlot(expression, zones[0], iso(slot)) ?? '');
          const off = Math.abs(next - slot - dayMs);
          assert.ok(off <= Math.abs(by), `${expression} in ${zones[0]}: ${iso(slot)} to ${iso(next)}`);
          slot = next;
        }
      }
    }
  }
});

test('wildcards leave no gap over one and a half periods, unless the clock goes back by more than half of one', () => {
  const periods = new Map([
    ['*/10 * * * *', 10],
    ['*/30 * * * *', 30],
    ['0 * * * *', 60],
    ['15 * * * *', 60],
    ['45 * * * *', 60],
    ['0 */2 * * *', 120],
    ['30 */3 * * *', 180],
    ['0 */4 * * *', 240],
    ['0 */6 * * *', 360],
    ['30 */12 * * *', 720],
  ]);
  for (const [expression, minutes] of periods) {
    for (const { zones, changes } of tables) {
      for (const { at, by } of changes) {
        const period = minutes * minuteMs;
        const bound = period + Math.max(period / 2, -by);
        const reach = Math.max(2 * period, 3 * hourMs);
        const slots = walked(expression, zones[0], at - reach, at + reach).map(Date.parse);
        for (const [i, slot] of slots.entries()) {
          const gap = (slots[i + 1] ?? slot) - slot;
          assert.ok(gap <= bound, `${expression} in ${zones[0]}: ${iso(slot)} and ${gap} ms`);
        }
      }
    }
  }
});
