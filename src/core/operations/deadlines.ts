/**
 * Ends the Operations that are past a deadline of ours (rules/deadlines.ts). One activation takes no input and looks
 * for them in the database. Every replica of the scheduler may call it at any time: rows that another one has locked
 * are passed over.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Deadlines } from './ports.ts';
import { decideDeadline } from './rules/deadlines.ts';

export interface DeadlinePorts {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly log: Log;
}

const batchSize = 500;

/** Returns how many Operations it has ended. */
export async function applyDeadlines({ deadlines, clock, log }: DeadlinePorts): Promise<number> {
  let count = 0;
  for (;;) {
    const now = await clock.now();
    const decisions = await deadlines.expire(now, batchSize, (dated) => decideDeadline(dated, now));
    for (const { operation } of decisions) {
      const reason = operation.conditions.find(({ type }) => type === 'Failed')?.reason;
      log.warn({ operationId: operation.id, clusterId: operation.clusterId, reason }, 'a deadline has passed');
    }
    count += decisions.length;
    if (decisions.length < batchSize) return count;
  }
}
