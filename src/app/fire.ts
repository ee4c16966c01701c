/**
 * One activation of the scheduler: every schedule that is due makes its Operation, once a slot. It is told nothing by
 * the tick and looks in the database itself, so it may be called at any time, on every replica at once, and killed
 * between any two statements: a batch is one transaction, and what it did not commit is still due.
 */
import { planFires } from '../domain/plan.ts';
import { memoizedNextSlot } from '../domain/recurrence.ts';
import type { Clock, Doorbell, Emission, Log, Vault } from './ports.ts';

const batchSize = 1000;

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
  for (;;) {
    const emitted = await emission.emit(now, batchSize, (due, around) => {
      const plan = planFires(due, around, now, tools);
      lagSeconds.push(
        ...plan.fires.filter((fire) => fire.operationId !== undefined).map((fire) => fire.delayMs / 1000),
      );
      return plan;
    });
    operationCount += emitted.operationCount;
    doorbell.ring(emitted.clusterIds);
    if (emitted.scheduleCount < batchSize) break;
  }
  if (operationCount > 0) log.info({ operationCount }, 'fired schedules');
  return { operationCount, lagSeconds };
}
