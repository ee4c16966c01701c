/**
 * A year of random life in simulated time, as six lives of 61 days: a schedule each six hours, backups and restores on
 * demand that meet each other, restarts of operator and API server, people with kubectl, storage that is away, copies that
 * vanish and return, engines that hang or fail. What has ended leaves the cluster. The rules are in
 * test/support/life/rules.ts, what happens in acts.ts beside it.
 *
 * A life that fails prints its seed and its steps: `LIFE_SEED` lives it again, alone. `TEST_SCALE` makes more lives.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { act, acts } from '../support/life/acts.ts';
import { type Doings, nothingDone } from '../support/life/doings.ts';
import { heed } from '../support/life/people.ts';
import { rulesOf } from '../support/life/rules.ts';
import { hourMs, type Life, secondMs, startLife } from '../support/life/scene.ts';
import { scale } from '../support/scale.ts';

const days = 61;
const stepsOfALife = 10;
/** Between the acts of a step, so that the second one finds the first one in flight. */
const pauses = [1, 3, 8, 15, 40, 120, 330];
const step = fc.tuple(
  fc.array(fc.tuple(fc.constantFrom(...acts), fc.nat({ max: 1000 }), fc.constantFrom(...pauses)), {
    minLength: 2,
    maxLength: 4,
  }),
  // How much of the whole time it takes.
  fc.integer({ min: 1, max: 8 }),
  // Hours later a person does what the findings say.
  fc.constantFrom(true, true, true, true, true, false),
);
const lifeOf = fc.record({
  readsVelero: fc.constantFrom(true, true, false),
  webhooks: fc.constantFrom(true, true, false),
  runsAgain: fc.constantFrom('looked-at' as const, 'unblocked' as const),
  restoresAfterSeconds: fc.constantFrom(15, 60, 300),
  steps: fc.array(step, { minLength: stepsOfALife, maxLength: stepsOfALife }),
});

const livesAtOnce = 3;
const given = process.env.LIFE_SEED;
const count = Math.round(6 * scale);
const seeds =
  given === undefined ? Array.from({ length: count }, () => Math.floor(Math.random() * 2 ** 31)) : [Number(given)];
/** In seconds. What has happened to a copy is known after these. */
const soon = [20, 70, 700, 600];
/** The service is away for so long at most. */
const longestRoundMs = 60 * hourMs;

describe('random lives', { concurrency: livesAtOnce }, () => {
  for (const seed of seeds)
    test(`in a random life each Operation ends or is found, times stand, and copies are there or marked (LIFE_SEED=${seed})`, async () => {
      const [sampled] = fc.sample(lifeOf, { seed, numRuns: 1 });
      assert.ok(sampled !== undefined);
      const { steps, ...options } = sampled;
      const doings = nothingDone(options.webhooks);
      const rules = rulesOf(doings);
      const whole = steps.reduce((sum, [, share]) => sum + share, 0);
      const told: string[] = [];
      const beganAt = performance.now();
      const life = await startLife({ ...options, discovery: options.readsVelero }, rules);
      const since = life.nowMs();
      const say = (what: string) => told.push(`${new Date(life.nowMs()).toISOString()} ${what}`);
      try {
        for (const [done, share, isHeeded] of steps) {
          const until = life.nowMs() + (days * 24 * hourMs * share) / whole;
          for (const [kind, n, seconds] of done) {
            say(`${kind} ${n}`);
            await act(life, doings, kind, n);
            await life.round(seconds * secondMs);
          }
          for (const seconds of soon) await life.round(seconds * secondMs);
          await rules.held(life);
          await life.round(6 * hourMs);
          await rules.held(life);
          if (isHeeded) await heed(life, doings);
          for (const seconds of soon) await life.round(seconds * secondMs);
          while (life.nowMs() < until)
            await life.round(Math.min(longestRoundMs, Math.max(hourMs, until - life.nowMs())));
          for (const seconds of soon) await life.round(seconds * secondMs);
          await rules.held(life);
        }
        await getWell(life, doings);
        await rules.held(life);
        await rules.ended(life);
      } catch (error) {
        const words = `LIFE_SEED=${seed} ${JSON.stringify(options)}\n  ${told.slice(-24).join('\n  ')}`;
        throw new Error(words, { cause: error });
      } finally {
        await life.close();
      }
      const { ended, deadlocks, vanished } = rules.counts;
      const lived = ((life.nowMs() - since) / 24 / hourMs).toFixed(0);
      const seconds = ((performance.now() - beganAt) / 1000).toFixed(0);
      console.log(
        `LIFE_SEED=${seed}: ${lived} days in ${seconds} s, ${ended} Operations ended, ${deadlocks} deadlocks, ${vanished} copies vanished`,
      );
    });
});

/** Everything is there again, and a person does what the findings say. */
async function getWell(life: Life, doings: Doings): Promise<void> {
  doings.availableSince ??= life.nowMs();
  doings.isChecked = true;
  life.cluster.clearFaults();
  life.cluster.setStorageLocation('default', 'Available');
  life.cluster.setWebhooks(true);
  for (let n = 0; n < 5; n += 1) {
    await heed(life, doings);
    for (const seconds of [5, 700, 5 * 3600]) await life.round(seconds * secondMs);
  }
  for (const seconds of [5, 60, 700]) await life.round(seconds * secondMs);
}
