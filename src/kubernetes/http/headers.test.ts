import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterSecondsOf, warningsOf } from './headers.ts';

const now = Date.parse('2026-03-01T10:00:00Z');

test('warnings are read as RFC 7234 has them, several in one header or in several', () => {
  assert.deepEqual(
    warningsOf({ warning: '299 - "a \\"b\\", c", 299 agent "d" "Sat, 01 Jan 2026 00:00:00 GMT", 199 - "not ours"' }),
    ['a "b", c', 'd'],
  );
  assert.deepEqual(warningsOf({ warning: ['299 - "one"', '299 - "two"'] }), ['one', 'two']);
  assert.deepEqual(warningsOf({ warning: `299 - "${Buffer.from('für 1 €').toString('latin1')}"` }), ['für 1 €']);
  assert.deepEqual(warningsOf({ warning: 'garbage " 299' }), []);
  assert.equal(warningsOf({ warning: Array.from({ length: 99 }, () => '299 - "x"') }).length, 20);
});

test('Retry-After is never negative, never longer than an hour, and absent when unreadable', () => {
  for (const [header, seconds] of [
    ['0', 0],
    ['5', 5],
    ['99999999', 3600],
    ['soon', undefined],
    ['-5', 0],
    ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
  ] as const) {
    assert.equal(retryAfterSecondsOf({ 'retry-after': header }, now), seconds, header);
  }
});

test('a date in Retry-After counts from the Date of the answer, whatever the clock of this machine shows', () => {
  const headers = { 'retry-after': 'Sun, 01 Mar 2026 08:00:30 GMT', date: 'Sun, 01 Mar 2026 08:00:00 GMT' };
  assert.equal(retryAfterSecondsOf(headers, now), 30);
  assert.equal(retryAfterSecondsOf({ ...headers, date: 'today' }, now), 0);
});
