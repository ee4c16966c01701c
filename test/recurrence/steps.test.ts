/** No computation over slots takes more steps than its bound, whatever expression and zone it is for. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnce } from '../../src/core/kernel/rules/paced.ts';
import { forecast } from '../../src/core/protection-plans/rules/forecast.ts';
import { checkEntries, entriesOf } from '../../src/core/protection-plans/rules/protection-plan.ts';
import { accountForPassed } from '../../src/core/scheduling/rules/accounting.ts';
import { decideFires } from '../../src/core/scheduling/rules/firing/firing.ts';
import { preview } from '../../src/core/scheduling/rules/preview.ts';
import { checkRecurrence } from '../../src/core/scheduling/rules/recurrence/check-recurrence.ts';
import type { Schedule } from '../../src/core/scheduling/rules/schedule.ts';
import { memoizedNextSlot, nextSlot } from '../../src/core/time/rules/recurrence.ts';
import { step, stepsTaken, withinSteps } from '../../src/core/time/rules/steps.ts';
import { dueSchedule } from '../support/core/due-schedule-example.ts';

const now = '2027-02-10T12:00:00.000Z';
/** The most often, the most seldom, never, in the gap, and what changes with the length of the month. */
const expressions = [
  '* * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 0 29 2 *',
  '0 0 30 2 *',
  '0 0 L * *',
  '* * 31 * 5L',
  '*/7 0-22 1-7 * MON',
];
const zones = ['Etc/UTC', 'Europe/Berlin', 'Africa/Casablanca', 'Australia/Lord_Howe', 'Pacific/Apia'];
const ids = () => '01a1fc2c-56dc-776a-9702-000000000001';

const schedules: readonly Schedule[] = expressions.flatMap((schedule) =>
  zones.map((timeZone) => ({
    ...dueSchedule,
    schedule,
    timeZone,
    nextSlotAt: '2027-01-21T12:00:00.000Z',
    createdAt: now,
    updatedAt: now,
    revision: 1,
  })),
);

function stepsOf(run: () => unknown): number {
  const before = stepsTaken();
  run();
  return stepsTaken() - before;
}

/** The most steps of any schedule. The first run also looks at clocks, which is remembered; both count. */
function most(run: (schedule: Schedule) => unknown): number {
  return Math.max(...schedules.map((schedule) => stepsOf(() => attempt(() => run(schedule)))));
}

/** What never fires is refused; that takes steps too. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.match(String(error), /never fires|fields break a rule/);
  }
}

const bounds: Readonly<Record<string, readonly [bound: number, run: (schedule: Schedule) => unknown]>> = {
  'the next slot': [1_500, ({ schedule = '', timeZone }) => nextSlot(schedule, timeZone, now)],
  'checking a schedule to create': [5_000, (schedule) => checkRecurrence(schedule, '720h', now)],
  'previewing 100 fires, over 400 years at most': [
    60_000,
    (schedule) => atOnce(preview(schedule, { ttl: '720h', ttlSource: 'default' }, [], now, 100)),
  ],
  'checking a plan of 20 entries': [
    50_000,
    ({ schedule = '', timeZone }) => {
      const entries = Array.from({ length: 20 }, (_, n) => ({ name: `entry-${n}`, schedule, ttl: '175680h' }));
      return checkEntries({ entries: entriesOf(entries), timeZone }, now);
    },
  ],
  'forecasting 50 schedules over twenty years': [
    50_000,
    ({ schedule = '', timeZone }) => {
      const lines = Array.from({ length: 50 }, () => ({ schedule, ttl: '8760h' }));
      return atOnce(forecast({ schedules: lines, timeZone, from: now, horizonDays: 7_305, maxPoints: 400 }));
    },
  ],
  'settling after twenty days': [
    1_500,
    (schedule) => accountForPassed(schedule, 'Suspended', true, now, { newId: ids }),
  ],
  'firing after twenty days, each missed slot': [
    20_000,
    (schedule) =>
      decideFires(
        [{ ...dueSchedule, ...schedule, missedFires: 'All', concurrencyPolicy: 'Allow' }],
        { windows: [], room: new Map() },
        now,
        { nextSlot: memoizedNextSlot(), newId: ids },
      ),
  ],
};

for (const [name, [bound, run]] of Object.entries(bounds)) {
  test(`${name} takes at most ${bound.toLocaleString('en-US')} steps`, (context) => {
    const steps = most(run);
    context.diagnostic(`${steps} steps`);
    assert.ok(steps <= bound, `${steps} steps`);
  });
}

test('what takes long is done in pieces, between which other work goes on', () => {
  const zones = Intl.supportedValuesOf('timeZone').slice(0, 50);
  const lines = zones.map((timeZone) => ({ schedule: '30 2 * * *', timeZone, ttl: '8760h' }));
  const leapDay = { ...dueSchedule, schedule: '0 0 29 2 *', timeZone: 'America/Lima' };
  for (const work of [
    () => forecast({ schedules: lines, timeZone: 'Etc/UTC', from: now, horizonDays: 7_305, maxPoints: 400 }),
    () => preview(leapDay, { ttl: '720h', ttlSource: 'default' }, [], now, 100),
  ]) {
    const pieces = work();
    for (let ended = false; !ended; ) {
      const before = stepsTaken();
      ended = pieces.next().done === true;
      assert.ok(stepsTaken() - before <= 3_000, `${stepsTaken() - before} steps in one piece`);
    }
  }
});

test('a computation ends when its budget is spent, also within a larger one', () => {
  const endless = () => {
    for (;;) step();
  };
  const steps = (count: number) => () => Array.from({ length: count }, step).length;
  assert.equal(withinSteps(100, steps(100)), 100);
  assert.throws(() => withinSteps(100, steps(101)), /more steps than it may/);
  assert.equal(
    withinSteps(100, () => withinSteps(1_000, steps(100))),
    100,
  );
  assert.throws(() => withinSteps(100, () => withinSteps(1_000, steps(101))), /more steps than it may/);
  assert.throws(() => withinSteps(100, endless), /more steps than it may/);
  assert.throws(() => withinSteps(1_000, () => withinSteps(10_000, endless)), /more steps/);
  assert.equal(
    withinSteps(10, () => nextSlot('0 2 * * *', 'Etc/UTC', now)),
    '2027-02-11T02:00:00.000Z',
  );
});
