/** Runs the cases at a place, one after the other, in one service and one cluster: what one leaves behind, the next meets. */
import type { Case } from './case.ts';
import { delivering } from './cases/delivering.ts';
import { enduring } from './cases/enduring.ts';
import { knowing } from './cases/knowing.ts';
import type { Place } from './place.ts';
import { type Outcome, told } from './report.ts';
import { openSession } from './session.ts';

const all: readonly Case[] = [...knowing, ...delivering, ...enduring];
const caseSeconds = 300;

export async function runSuite(place: Place, wanted: RegExp, say: (line: string) => void): Promise<readonly Outcome[]> {
  const session = await openSession(place);
  const outcomes: Outcome[] = [];
  try {
    for (const { guarantee, run } of all.filter((each) => wanted.test(each.guarantee))) {
      const startedAt = performance.now();
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`not done after ${caseSeconds} s`)), caseSeconds * 1000);
      const ended = await Promise.race([run(session), late.promise]).then(
        (facts) => ({ facts }),
        (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
      );
      clearTimeout(timer);
      const outcome = { guarantee, place: place.name, seconds: (performance.now() - startedAt) / 1000, ...ended };
      outcomes.push(outcome);
      say(told(outcome));
    }
  } finally {
    await session.close();
  }
  return outcomes;
}
