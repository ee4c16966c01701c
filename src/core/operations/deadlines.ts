/**
 * Withdraws, tells or ends the Operations that are past a deadline of ours (rules/giving-up/deadlines.ts), and tells deletions that
 * are stuck (rules/giving-up/stuck-deletion.ts). One activation takes no input and looks
 * for them in the database. Every replica of the scheduler may call it at any time: rows that another one has locked
 * are passed over.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Deadlines } from './ports.ts';
import { decideDeadline } from './rules/giving-up/deadlines.ts';
import { decideStuckDeletion } from './rules/giving-up/stuck-deletion.ts';

export interface DeadlinePorts {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly log: Log;
}

const batchSize = 500;
const looks = [
  ['Deadlines', decideDeadline],
  ['Deletions', decideStuckDeletion],
] as const;

/** Returns of how many Operations it has decided something. */
export async function applyDeadlines({ deadlines, clock, log }: DeadlinePorts): Promise<number> {
  let count = 0;
  for (const [look, decide] of looks) {
    let decidedCount = batchSize;
    while (decidedCount === batchSize) {
      const now = await clock.now();
      const decisions = await deadlines.expire(look, now, batchSize, (dated) => decide(dated, now));
      for (const { operation, events } of decisions)
        log.warn(
          { operationId: operation.id, clusterId: operation.clusterId, reason: events[0]?.reason },
          'a deadline has passed',
        );
      decidedCount = decisions.length;
      count += decidedCount;
    }
  }
  return count;
}
