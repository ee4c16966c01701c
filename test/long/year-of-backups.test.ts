/**
 * A cluster keeps the objects of copies that live, of what has expired in the last two days, and no others: for a year of
 * a schedule that fires each six hours, and for two weeks of an hourly one (for its year with TEST_SCALE=27, which takes
 * ten minutes).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveOn } from '../support/life-on-schedule.ts';
import { scale } from '../support/scale.ts';

/** How long a resource may be there that is not needed: two days after its expiry, and until somebody comes again. */
const keptHours = 48;

for (const [days, slotHours, everyHours] of [
  [365, 6, 24],
  [Math.min(365, Math.round(14 * scale)), 1, 6],
] as const)
  test(`${days} days of a backup each ${slotHours} h leave few objects, and touch no copy that lives`, async (t) => {
    const life = { days, schedule: `30 */${slotHours} * * *`, ttl: '24h', everyHours };
    const { firedCount, succeededCount, mostObjects, livingSeen } = await liveOn(life);
    const expectedCount = (days * 24) / slotHours;
    t.diagnostic(`${firedCount} backups, at most ${mostObjects} objects, ${livingSeen} looks at copies that live`);
    assert.ok(firedCount >= expectedCount - 1, `${firedCount} fires`);
    assert.equal(succeededCount, firedCount);
    assert.ok(mostObjects <= (24 + keptHours + 2 * everyHours) / slotHours, `${mostObjects} objects`);
    const livingAtOnce = 24 / slotHours - 1;
    assert.ok(livingSeen >= livingAtOnce * ((days * 24) / everyHours - 4), `${livingSeen} looks`);
  });
