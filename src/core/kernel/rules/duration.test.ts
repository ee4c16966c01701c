import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiry } from './duration.ts';

test('an expiry beyond the years of four digits is the end of them', () => {
  assert.equal(expiry('2026-05-28T10:00:00.000Z', '24h'), '2026-05-29T10:00:00.000Z');
  assert.equal(expiry('9999-12-31T23:59:59.000Z', '720h'), '9999-12-31T23:59:59.999Z');
});
