/** The wall clock of a zone as it is told to people, and what a change of it does to a slot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localParts, localText, wallText } from './local-time.ts';
import { movedSlotAt, nextMovedSlot, passOf } from './moved-slots.ts';

const at = Date.parse;

test('a local time has its offset from UTC, ahead or behind, also of a part of an hour', () => {
  for (const [instant, zone, text] of [
    ['2026-05-28T10:00:00Z', 'Etc/UTC', '2026-05-28T10:00+00:00'],
    ['2026-05-28T10:00:59.999Z', 'Asia/Kathmandu', '2026-05-28T15:45+05:45'],
    ['2026-01-28T10:00:00Z', 'America/St_Johns', '2026-01-28T06:30-03:30'],
    ['1950-01-28T10:00:00Z', 'Africa/Monrovia', '1950-01-28T09:16-00:44'],
    ['0099-12-31T23:04:00Z', 'Etc/UTC', '0099-12-31T23:04+00:00'],
  ] as const)
    assert.equal(localText(at(instant), zone), text);
  assert.equal(wallText(at('2026-10-25T02:30:00Z')), '2026-10-25T02:30');
});

test('its parts are those of the wall clock, over the end of a month', () => {
  assert.deepEqual(localParts(at('2026-05-31T23:30:00Z'), 'Europe/Berlin'), {
    ...{ year: 2026, month: 6, day: 1, hour: 1, minute: 30, weekday: 'MON' },
  });
  const days = [0, 1, 2, 3, 4, 5, 6].map((day) => localParts(at('2026-05-31T12:00:00Z') + day * 86_400_000, 'Etc/UTC'));
  assert.deepEqual(
    days.map(({ weekday }) => weekday),
    ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  );
});

test('a slot that the clock leaves out is told with when it fires, and whether others fire with it', () => {
  const [berlin, gap] = ['Europe/Berlin', at('2026-03-29T01:00:00Z')];
  const moved = { leftOut: '2026-03-29T02:30', firesAt: '2026-03-29T03:00+02:00', several: false };
  assert.deepEqual(movedSlotAt('30 2 * * *', berlin, gap), moved);
  const several = { ...moved, leftOut: '2026-03-29T02:00', several: true };
  assert.deepEqual(movedSlotAt('0,59 2 * * *', berlin, gap), several);
  assert.deepEqual(
    movedSlotAt('0 2,3 * * *', berlin, gap),
    { ...several, several: false },
    '03:00 is a slot of its own',
  );
  assert.equal(movedSlotAt('30 2 * * *', berlin, gap + 60_000), undefined);
  assert.equal(movedSlotAt('30 3 * * *', berlin, gap), undefined);
  assert.equal(movedSlotAt('30 * * * *', berlin, gap), undefined);
  assert.deepEqual(nextMovedSlot('30 2 * * *', berlin, gap, gap), moved, 'both bounds included');
  assert.equal(nextMovedSlot('30 2 * * *', berlin, gap + 1, gap + 300 * 86_400_000), undefined);
  assert.equal(nextMovedSlot('30 2 * * *', berlin, gap - 86_400_000, gap - 1), undefined);
  assert.equal(nextMovedSlot('30 2 * 6 *', berlin, gap, gap + 1), undefined);
});

test('a local time that comes twice is told by its pass, from its first minute to its last', () => {
  const pass = (instant: string, zone = 'Europe/Berlin') => passOf(zone, at(instant));
  for (const [instant, expected] of [
    ['2026-10-24T23:59:59.999Z', undefined],
    ['2026-10-25T00:00:00.000Z', 'First'],
    ['2026-10-25T00:59:59.999Z', 'First'],
    ['2026-10-25T01:00:00.000Z', 'Second'],
    ['2026-10-25T01:59:59.999Z', 'Second'],
    ['2026-10-25T02:00:00.000Z', undefined],
    ['2026-03-29T00:59:59.999Z', undefined],
    ['2026-03-29T01:00:00.000Z', undefined],
  ] as const)
    assert.equal(pass(instant), expected, instant);
  assert.equal(pass('2026-10-25T00:30:00.000Z', 'Etc/UTC'), undefined);
});
