/**
 * Judges the protection of every application once, and records each change of status with its events. It takes no input
 * and reads the facts from the database.
 *
 * It may run on every replica at once and be killed at any moment. The new status and its events are written in one
 * statement, and only over the revision from which the status was judged. So of all replicas one records a change, and
 * a change that was lost is found again at the next look. An application that cannot be judged is put aside.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import { sift, throwIfTooMany } from '../kernel/rules/broken/bad-rows.ts';
import type { Protections } from './ports.ts';
import { memoizedNextTwo } from './rules/expected-copies.ts';
import { judgeProtection } from './rules/judge-protection.ts';
import { protectionChange } from './rules/protection-changes.ts';
import { memoizedPeriod } from './rules/protection-target.ts';

const pageSize = 500;
const slots = { periodOf: memoizedPeriod(), nextTwo: memoizedNextTwo() };

export interface ProtectionPorts {
  readonly protections: Protections;
  readonly clock: Clock;
  readonly log: Log;
}

/** Returns how many changes it recorded. */
export async function recordProtection(ports: ProtectionPorts): Promise<number> {
  const { protections, clock, log } = ports;
  const now = await clock.now();
  let changedCount = 0;
  let after: string | undefined;
  for (;;) {
    const { known, nextAfter } = await protections.read(after, pageSize, now);
    const { made, bad } = sift(known, ({ facts, recorded }) => ({
      id: facts.applicationInstanceId,
      change: protectionChange(recorded, judgeProtection(facts, now, slots), now),
    }));
    throwIfTooMany(bad, known.length);
    await protections.putAside(
      bad.map(({ item, error }) => ({ item: item.facts.applicationInstanceId, error })),
      now,
    );
    changedCount += await protections.record(
      made.flatMap(({ change }) => change ?? []),
      made.map(({ id }) => id),
      now,
    );
    if (nextAfter === undefined) break;
    after = nextAfter;
  }
  if (changedCount > 0) log.info({ changedCount }, 'protection of applications changed');
  return changedCount;
}
