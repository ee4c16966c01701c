/**
 * One activation of the scheduler: every schedule that is due makes its Operation, once a slot. The tick gives it no
 * input, and it looks in the database itself, so it may be called at any time, on every replica at once, and killed
 * between any two statements: a batch is one transaction, and what it did not commit is still due.
 *
 * A schedule that cannot be fired as it is stored is put aside, and holds up no other. When too many of a batch cannot,
 * the fault is not theirs: nobody is put aside, the activation goes on without them for a few batches, and then fails.
 *
 * Two batches overlap. The second claims other schedules than the first, and waits for it where a limited cluster's room
 * depends on what the first writes.
 */

import type { Clock, Doorbell, Log, Vault } from '../kernel/ports.ts';
import { memoizedNextSlot } from '../time/rules/recurrence.ts';
import { overlapBatches } from './overlap.ts';
import type { FiredBatch, Firing } from './ports.ts';
import { decideFires } from './rules/firing/firing.ts';

const batchSize = 500;
const maxFailedBatches = 3;

export interface FireReport {
  readonly operationCount: number;
  /** From the slot to the activation, one for each fire of this activation. */
  readonly lagSeconds: readonly number[];
}

export async function fire(ports: {
  readonly firing: Firing;
  readonly clock: Clock;
  readonly doorbell: Doorbell;
  readonly vault: Vault;
  readonly log: Log;
}): Promise<FireReport> {
  const { firing, clock, doorbell, vault, log } = ports;
  const now = await clock.now();
  const tools = { nextSlot: memoizedNextSlot(), newId: vault.newId };

  const failures: NonNullable<FiredBatch['failure']>[] = [];

  const reports = await overlapBatches(async (decided): Promise<FireReport> => {
    const batch = await firing.fire(
      {
        now,
        limit: batchSize,
        except: failures.flatMap(({ scheduleIds }) => scheduleIds),
        claimed: (count) => decided(count === batchSize && failures.length < maxFailedBatches),
      },
      (due, around) => decideFires(due, around, now, tools),
    );
    if (batch.failure !== undefined) failures.push(batch.failure);
    doorbell.ring(batch.clusterIds);
    const fired = batch.fires.filter(({ operationId }) => operationId !== undefined);
    return { operationCount: batch.operationCount, lagSeconds: fired.map(({ delayMs }) => delayMs / 1000) };
  });

  const operationCount = reports.reduce((sum, report) => sum + report.operationCount, 0);
  if (operationCount > 0) log.info({ operationCount }, 'fired schedules');
  const [failure] = failures;
  if (failure !== undefined) {
    const scheduleIds = failures.flatMap((each) => each.scheduleIds);
    log.error({ count: scheduleIds.length, scheduleIds: scheduleIds.slice(0, 10) }, 'many schedules cannot be fired');
    throw failure.error;
  }
  return { operationCount, lagSeconds: reports.flatMap(({ lagSeconds }) => lagSeconds) };
}
