/** Cron expressions at random, accepted and refused, against other readers of cron. test/long has many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzCron } from '../support/core/cron-fuzz.ts';

test('2,000 random expressions are read, and have the slots, as other readers say', (context) => {
  const { seed, accepted } = fuzzCron(2_000);
  context.diagnostic(`seed ${seed}: ${accepted} of 2,000 accepted`);
  assert.ok(accepted > 700 && accepted < 1_900, `${accepted} accepted`);
});
