import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instantAt, isWithinGivenYears, statedInstant } from './instants.ts';

describe('instants', () => {
  test('the years 1970 to 2999 are accepted from outside, at whatever offset they are written', () => {
    const cases: readonly (readonly [string, boolean])[] = [
      ['0000-01-01T00:00:00Z', false],
      ['0001-01-01T00:00:00Z', false],
      ['1969-12-31T23:59:59.999Z', false],
      ['1970-01-01T00:00:00Z', true],
      ['1970-01-01T01:00:00+01:00', true],
      ['1970-01-01T00:30:00+01:00', false],
      ['2999-12-31T23:59:59.999Z', true],
      ['2999-12-31T23:59:59-00:01', false],
      ['3000-01-01T00:00:00Z', false],
      ['9999-12-31T23:59:59Z', false],
    ];
    for (const [at, within] of cases) {
      assert.equal(isWithinGivenYears(at), within, at);
      assert.equal(statedInstant(at), within ? at : undefined, at);
    }
  });

  test('a stated instant with more digits than PostgreSQL reads counts as absent', () => {
    assert.equal(statedInstant(`2026-05-28T10:00:00.${'0'.repeat(150)}Z`), undefined);
    assert.equal(statedInstant('2026-05-28T10:00:00.123456789+02:00'), '2026-05-28T10:00:00.123456789+02:00');
  });

  test('a computed instant has a year of four digits, however far away it is', () => {
    assert.equal(instantAt(Date.parse('2026-05-28T10:00:00Z')), '2026-05-28T10:00:00.000Z');
    for (const ms of [Date.UTC(10_000), 8.64e15, 1e300, Number.POSITIVE_INFINITY])
      assert.equal(instantAt(ms), '9999-12-31T23:59:59.999Z');
    for (const ms of [Date.parse('-000001-01-01T00:00:00Z'), -8.64e15, Number.NEGATIVE_INFINITY])
      assert.equal(instantAt(ms), '0001-01-01T00:00:00.000Z');
  });
});
