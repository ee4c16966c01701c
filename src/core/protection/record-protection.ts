/**
 * One look at the protection of every application. It takes no input and looks in the database itself: what changed
 * since it was last told is told as events, and remembered in the same statement, over the very revision that it was
 * judged from. So it may run on every replica at once and be killed at any moment: a change is told once, or again
 * found at the next look.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Protections } from './ports.ts';
import { judgeProtection } from './rules/judge-protection.ts';
import { protectionChange } from './rules/protection-changes.ts';
import { memoizedPeriod } from './rules/protection-target.ts';

const pageSize = 500;
const periodOf = memoizedPeriod();

/** How many changes were told. */
export async function recordProtection(ports: {
  readonly protections: Protections;
  readonly clock: Clock;
  readonly log: Log;
}

/** How many changes were told. */
export async function protect(ports: ProtectPorts): Promise<number> {
  const { protections, clock, log } = ports;
  const now = await clock.now();
  let changedCount = 0;
  let after: string | undefined;
  for (;;) {
    const known = await protections.read(after, pageSize, now);
    const changes = known
      .map(({ facts, recorded }) => protectionChange(recorded, judgeProtection(facts, now, periodOf), now))
      .filter((each) => each !== undefined);
    changedCount += await protections.record(changes);
    after = known.at(-1)?.facts.applicationInstanceId;
    if (known.length < pageSize) break;
  }
  if (changedCount > 0) log.info({ changedCount }, 'protection of applications changed');
  return changedCount;
}
