/** Random texts against the oracles. A failure names the seed; `CRON_SEED` runs it again. */
import fc from 'fast-check';
import { changes, compared, comparedAtChange } from './cron-differences.ts';
import { cronTexts } from './cron-texts.ts';

const instants = fc
  .integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2034, 0, 1) / 1000 })
  .map((second) => new Date(second * 1000).toISOString());

export function fuzzCron(count: number): { readonly seed: number; readonly accepted: number } {
  const seed = Number(process.env.CRON_SEED ?? Math.floor(Math.random() * 2 ** 31));
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
