/** How a schedule is shown that cannot be fired as it is stored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourlySchedule } from '../../../../../test/support/core/due-schedule-example.ts';
import { uncomputable } from './computable.ts';
import { withConditions } from './conditions.ts';
import { heldEvent } from './held.ts';

const [since, lookAgainAt] = ['2026-05-28T10:00:00.000Z', '2026-05-28T10:15:00.000Z'];
const row = { ...hourlySchedule, nextFireAt: '2026-05-28T11:00:00.000Z' };
const held = { reason: 'Refused', message: 'The database refuses it.', since, lookAgainAt } as const;
const shared = { type: 'Ready', status: 'False' };

test('a schedule that can be fired has no condition', () => assert.equal(withConditions(row, undefined), row));

test('one that is put aside says why, since when, and when it is tried again', () => {
  const message = `The database refuses it. It is tried again at ${lookAgainAt}. Its slots wait until then.`;
  assert.deepEqual(withConditions(row, held), {
    ...row,
    conditions: [{ ...shared, reason: 'Refused', message, lastTransitionTime: since }],
  });
});

test('of one whose slots cannot be computed nobody knows when it fires, and the field to change is named', () => {
  const { nextFireAt: _, ...rest } = row;
  for (const [broken, named] of [
    [{ timeZone: 'Europe/Atlantis' }, 'The zone "Europe/Atlantis" is not known here. Set timeZone to another.'],
    [{ schedule: '0 2 32 * *' }, 'The recurrence "0 2 32 * *" cannot be read. Set schedule to another.'],
  ] as const) {
    const shown = (message: string, reason: string, lastTransitionTime: string) => ({
      ...{ ...rest, ...broken },
      conditions: [{ ...shared, reason, message, lastTransitionTime }],
    });
    assert.deepEqual(
      withConditions({ ...row, ...broken }, undefined),
      shown(`${named} Its slots wait until then.`, 'Undecidable', row.updatedAt),
    );
    assert.deepEqual(
      withConditions({ ...row, ...broken }, held),
      shown(
        `${held.message} ${named} It is tried again at ${lookAgainAt}. Its slots wait until then.`,
        'Refused',
        since,
      ),
    );
  }
});

test('a recurrence can be computed again and again, and a single time needs its zone only', () => {
  const { schedule, timeZone } = row;
  for (let look = 1; look <= 2; look += 1) {
    assert.equal(uncomputable({ schedule, timeZone }), undefined);
    assert.equal(uncomputable({ timeZone }), undefined);
    assert.deepEqual(
      [
        { schedule: 'x', timeZone },
        { schedule, timeZone: 'x' },
      ].map((broken) => uncomputable(broken)?.errors[0]?.pointer),
      ['/schedule', '/timeZone'],
    );
  }
});

test('the event of a schedule that is passed over is a warning with what is wrong', () => {
  const about = { organizationId: 'o', scheduleId: 's', at: since };
  const event = heldEvent(about, 'Its zone is not known.');
  assert.deepEqual({ ...event, message: '' }, { ...about, type: 'Warning', reason: 'Held', message: '' });
  assert.match(event.message, /^The schedule is passed over\. Its zone is not known\. Its slots wait\./);
});
