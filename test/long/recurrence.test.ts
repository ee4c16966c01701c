/**
 * Every slot of 2024 to 2030 in every zone against the oracle, one after the other: what test/recurrence/oracle.test.ts
 * walks only around the changes of the clocks. A few minutes, because it asks for some millions of slots.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSlot } from '../../src/core/time/rules/recurrence.ts';
import { patternOf, slotsBetween, stretchesOf } from '../support/core/recurrence-oracle.ts';

const first = Date.UTC(2024, 0, 1);
const last = Date.UTC(2031, 0, 1);

const zones = new Map(
  [...Intl.supportedValuesOf('timeZone'), 'Etc/UTC'].map((zone) => {
    const stretches = stretchesOf(zone, first - 40 * 86_400_000, last);
    return [JSON.stringify(stretches), { zone, stretches }];
  }),
);

for (const expression of [
  '0 0 * * *',
  '30 2 * * *',
  '45 23 * * *',
  '0 */6 * * *',
  '15 1,2 * * 0,6',
  '59 23 28-31 * 5',
  '30 0 1 * *',
  '0 3 29 2 *',
]) {
  test(`${expression} has the oracle's slots from 2024 to 2030 in every zone`, () => {
    for (const { zone, stretches } of zones.values()) {
      let slot: string | undefined = new Date(first - 1).toISOString();
      for (const expected of slotsBetween(patternOf(expression), stretches, first, last)) {
        slot = nextSlot(expression, zone, slot);
        assert.equal(slot, new Date(expected).toISOString(), zone);
      }
    }
  });
}
