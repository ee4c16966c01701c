import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CronExpression, inferCadence, memoizedNextSlot, nextSlot, TimeZone } from './recurrence.ts';

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

test('an expression that no date fits has no next slot', () => {
  assert.equal(nextSlot('0 2 30 2 *', 'Etc/UTC', '2026-01-01T00:00:00Z'), undefined);
});

test('an expression that is neither five fields of cron nor a nickname is refused with the reason', () => {
  for (const text of [
    '* * * * * *',
    '60 * * * *',
    '',
    'daily',
    '0 2 * *',
    '0 2 L * *',
    '0 2 * * 1#2',
    '0 2 15W * *',
    '@reboot',
    '0 0 1 1 * 2027',
  ]) {
    const read = CronExpression.safeParse(text);
    assert.equal(read.success, false, text);
    assert.match(read.error?.issues[0]?.message ?? '', /cron expression/, text);
  }
  for (const text of [
    '*/15 * * * *',
    '0 2 * * MON-FRI',
    '0 4 1 * *',
    '0 2 29 FEB *',
    '@daily',
    '0 2 * JUL SUN',
    '0 0 1,15 * *',
  ]) {
    assert.equal(CronExpression.safeParse(text).success, true, text);
  }
});

test('only IANA zones are time zones', () => {
  for (const zone of ['Europe/Berlin', 'Etc/UTC', 'Australia/Lord_Howe', 'America/Argentina/Buenos_Aires'])
    assert.ok(TimeZone.safeParse(zone).success, zone);
  for (const zone of ['Mars/Phobos', '', '+02:00', 'Europe/', 'CEST+1'])
    assert.ok(!TimeZone.safeParse(zone).success, zone);
});

test('the cadence is inferred from plain recurrences, and custom otherwise', () => {
  const expected = {
    '@hourly': 'hourly',
    '5 * * * *': 'hourly',
    '0 2 * * *': 'daily',
    '0 3 * * 0': 'weekly',
    '0 3 * * SUN': 'weekly',
    '0 4 1 * *': 'monthly',
    '0 4 1 1 *': 'yearly',
    '*/15 * * * *': 'custom',
    '0 2,14 * * *': 'custom',
  };
  for (const [expression, cadence] of Object.entries(expected))
    assert.equal(inferCadence(expression), cadence, expression);
});

test('remembering changes no answer', () => {
  const remembered = memoizedNextSlot();
  for (let i = 0; i < 3; i += 1)
    assert.equal(
      remembered('0 2 * * *', 'Europe/Berlin', '2026-05-01T00:00:00Z'),
      nextSlot('0 2 * * *', 'Europe/Berlin', '2026-05-01T00:00:00Z'),
    );
});
