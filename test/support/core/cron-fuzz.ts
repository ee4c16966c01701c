/**
 * Random texts against the oracles. Each run has the same ones, so that no change is red by chance; another `CRON_SEED`
 * has others. A failure names its seed.
 */
import fc from 'fast-check';
import { changes, compared, comparedAtChange } from './cron-differences.ts';
import { cronTexts } from './cron-texts.ts';

const instants = fc
  .integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2034, 0, 1) / 1000 })
  .map((second) => new Date(second * 1000).toISOString());

export function fuzzCron(count: number, round = 0): { readonly seed: number; readonly accepted: number } {
  const seed = Number(process.env.CRON_SEED ?? 1) + round;
  let accepted = 0;
  for (const [text, from, [zone, at]] of fc.sample(fc.tuple(cronTexts, instants, fc.constantFrom(...changes)), {
    numRuns: count,
    seed,
  })) {
    try {
      if (!compared(text, from)) continue;
      accepted += 1;
      if (accepted % 4 === 0) comparedAtChange(text, zone, Date.parse(at));
    } catch (cause) {
      throw new Error(`With CRON_SEED=${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  return { seed, accepted };
}
