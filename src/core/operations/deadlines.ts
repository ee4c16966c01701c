/**
 * Ends what is past a deadline of ours. One activation takes no input and looks at all that is past by now; every replica
 * of the scheduler may call it at any time, and rows that another one has at hand are passed over.
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

/** Says how many Operations it has ended. */
export async function applyDeadlines({ deadlines, clock, log }: DeadlinePorts): Promise<number> {
  let count = 0;
  for (;;) {
    const now = await clock.now();
    const steps = await deadlines.expire(now, batchSize, (dated) => decideDeadline(dated, now));
    for (const { operation } of steps) {
      const reason = operation.conditions.find(({ type }) => type === 'Failed')?.reason;
      log.warn({ operationId: operation.id, clusterId: operation.clusterId, reason }, 'a deadline has passed');
    }
    count += steps.length;
    if (steps.length < batchSize) return count;
  }
}
