/** As test/recurrence/fuzz.test.ts, with 100,000 expressions times `TEST_SCALE`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzCron } from '../support/core/cron-fuzz.ts';
import { scale } from '../support/scale.ts';

test('random expressions are read, and have the slots, as other readers say', {
  timeout: scale * 300_000,
}, (context) => {
  let accepted = 0;
  for (let round = 0; round < 10 * scale; round += 1) {
    const done = fuzzCron(10_000, round);
    accepted += done.accepted;
    context.diagnostic(`seed ${done.seed}: ${done.accepted} of 10,000 accepted`);
  }
  assert.ok(accepted > 35_000 * scale, `${accepted} accepted`);
});
