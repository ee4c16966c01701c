import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoizedNextSlot, nextSlot } from './recurrence.ts';

const slots = (expression: string, timeZone: string, after: string, count: number) => {
  const found: string[] = [];
  let last: string | undefined = after;
  for (let i = 0; i < count && last !== undefined; i += 1) {
    last = nextSlot(expression, timeZone, last);
    if (last !== undefined) found.push(last);
  }
  return found;
};

test('a fixed time in the spring gap fires at the first valid instant, and once', () => {
  assert.deepEqual(slots('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), [
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
});

test('a fixed time in the autumn overlap fires once', () => {
  assert.deepEqual(slots('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2), [
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ]);
});

test('a wildcard hour follows the wall clock through the overlap', () => {
  assert.deepEqual(slots('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', 3), [
    '2026-10-25T00:00:00.000Z',
    '2026-10-25T01:00:00.000Z',
    '2026-10-25T02:00:00.000Z',
  ]);
});

test('the same values have the same slots through a change of the clock, however they are written', () => {
  for (const [one, other] of [
    ['30 0-23 * * *', '30 * * * *'],
    ['0 */1 * * *', '0 * * * *'],
    ['0,15,30,45 2 * * *', '*/15 2 * * *'],
    ['0 0,12 * * *', '0 */12 * * *'],
    ['0 3 */1 * 1', '0 3 * * 1'],
    ['0 3 *,5 * 1', '0 3 * * 1'],
    ['0 3 1 * */1', '0 3 1 * *'],
    ['5/15 * * * *', '5,20,35,50 * * * *'],
    ['0 3 * * 0,7', '0 3 * * SUN'],
  ] as const) {
    for (const [zone, at] of [
      ['Europe/Berlin', '2027-10-30T20:00:00.000Z'],
      ['Europe/Berlin', '2027-03-27T20:00:00.000Z'],
      ['America/Havana', '2026-10-31T20:00:00.000Z'],
    ] as const) {
      assert.deepEqual(slots(one, zone, at, 40), slots(other, zone, at, 40), `${one} in ${zone}`);
    }
  }
  const hours = slots('30 0-23 * * *', 'Europe/Berlin', '2027-10-30T20:00:00.000Z', 12).map(Date.parse);
  assert.ok(hours.every((slot, n) => n === 0 || slot - (hours[n - 1] ?? 0) === 3_600_000));
});

test('the last day, the last working day and the last Friday of a month are those of the calendar', () => {
  assert.deepEqual(slots('0 2 L * *', 'Etc/UTC', '2028-01-31T12:00:00Z', 3), [
    '2028-02-29T02:00:00.000Z',
    '2028-03-31T02:00:00.000Z',
    '2028-04-30T02:00:00.000Z',
  ]);
  // 31 May 2026 is a Sunday.
  assert.deepEqual(slots('0 2 LW 5 *', 'Etc/UTC', '2026-01-01T00:00:00Z', 1), ['2026-05-29T02:00:00.000Z']);
  assert.deepEqual(slots('0 2 * 5 5L', 'Etc/UTC', '2026-01-01T00:00:00Z', 1), ['2026-05-29T02:00:00.000Z']);
  assert.deepEqual(slots('0 2 * 5 FRIL', 'Etc/UTC', '2026-01-01T00:00:00Z', 1), ['2026-05-29T02:00:00.000Z']);
});

test('a stored expression that this version would not take goes on firing', () => {
  assert.equal(nextSlot('000 002 * * *', 'Etc/UTC', '2026-01-01T00:00:00Z'), '2026-01-01T02:00:00.000Z');
  assert.equal(nextSlot('0 2 * * *', 'BST', '2026-01-01T00:00:00Z'), '2026-01-01T20:00:00.000Z');
  assert.throws(() => nextSlot('0 2 * * X', 'Etc/UTC', '2026-01-01T00:00:00Z'), /"0 2 \* \* X" cannot be read/);
});

test('an expression that no date fits has no next slot', () => {
  assert.equal(nextSlot('0 2 30 2 *', 'Etc/UTC', '2026-01-01T00:00:00Z'), undefined);
});

test('remembering changes no answer', () => {
  const remembered = memoizedNextSlot();
  for (let i = 0; i < 3; i += 1)
    assert.equal(
      remembered('0 2 * * *', 'Europe/Berlin', '2026-05-01T00:00:00Z'),
      nextSlot('0 2 * * *', 'Europe/Berlin', '2026-05-01T00:00:00Z'),
    );
});
