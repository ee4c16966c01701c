/**
 * One activation of the scheduler: every schedule that is due makes its Operation, once a slot. It is told nothing by
 * the tick and looks in the database itself, so it may be called at any time, on every replica at once, and killed
 * between any two statements: a batch is one transaction, and what it did not commit is still due.
 *
 * Two batches overlap: the next one is claimed once this one is planned, and decided while this one is being written.
 * It claims other schedules, and waits where a limited cluster's room depends on what this one writes.
 */

import type { Clock, Doorbell, Log, Vault } from '../kernel/ports.ts';
import { memoizedNextSlot } from '../time/rules/recurrence.ts';
import type { Emission } from './ports.ts';
import { planFires } from './rules/firing.ts';

const batchSize = 500;

export interface FireReport {
  readonly operationCount: number;
  /** From the slot to the activation, one for each fire of this activation. */
  readonly lagSeconds: readonly number[];
}

export async function fire(ports: {
  readonly emission: Emission;
  readonly clock: Clock;
  readonly doorbell: Doorbell;
  readonly vault: Vault;
  readonly log: Log;
}): Promise<FireReport> {
  const { emission, clock, doorbell, vault, log } = ports;
  const now = await clock.now();
  const tools = { nextSlot: memoizedNextSlot(), newId: vault.newId };
  const lagSeconds: number[] = [];
  let operationCount = 0;

  const batches: Promise<void>[] = [];
  try {
    for (let more = true; more; ) {
      const planned = Promise.withResolvers<boolean>();
      const batch = emission
        .emit(now, batchSize, (due, around) => {
          const plan = planFires(due, around, now, tools);
          lagSeconds.push(
            ...plan.fires.filter((fire) => fire.operationId !== undefined).map((fire) => fire.delayMs / 1000),
          );
          planned.resolve(due.length === batchSize);
          return plan;
        })
        .then((emitted) => {
          operationCount += emitted.operationCount;
          doorbell.ring(emitted.clusterIds);
        });
      const nothingMore = () => planned.resolve(false);
      batch.then(nothingMore, nothingMore);
      batches.push(batch);
      more = await planned.promise;
      await batches.at(-2);
    }
    await batches.at(-1);
  } finally {
    await Promise.allSettled(batches);
  }
  if (operationCount > 0) log.info({ operationCount }, 'fired schedules');
  return { operationCount, lagSeconds };
}
