/**
 * Hands observations over in batches: what arrived while the last batch was being written goes together, one
 * observation a resource (the newest; a deletion is the last thing a resource says), at most 500 at once. Bounded:
 * the reader waits in `room` when the writer is behind, so a slow database slows the watch down instead of filling
 * the memory. A batch begins only when all that has arrived so far is read. After a failure nothing is handed over any more.
 */
import { setImmediate as arrived } from 'node:timers/promises';
import type { Identified } from './resource.ts';

export const maxBatchSize = 500;
const maxPendingCount = 2 * maxBatchSize;

/** What the writer rejected with; the watch has to begin again with a list. */
export class HandOverFailed extends Error {
  constructor(cause: unknown) {
    super('what the cluster said could not be recorded', { cause });
    this.name = 'HandOverFailed';
  }
}

export interface Batch<Observed> {
  add(observation: Observed): void;
  /** Resolves when there is room for more; rejects with HandOverFailed when the writer has rejected. */
  room(): Promise<void>;
  /** Resolves when everything is handed over; rejects as `room` does. */
  drain(): Promise<void>;
  /** Forgets what is pending and waits for the batch that is being written. Never rejects. */
  stop(): Promise<void>;
}

export function batchTo<Observed extends Identified>(
  seen: (observations: readonly Observed[]) => Promise<void>,
  failed: (failure: HandOverFailed) => void,
): Batch<Observed> {
  const pending = new Map<string, Observed>();
  let failure: HandOverFailed | undefined;
  let running: Promise<void> | undefined;
  let step: Promise<void> = Promise.resolve();

  const handOver = async () => {
    await arrived();
    const batch = [...pending.entries()].slice(0, maxBatchSize);
    for (const [key] of batch) pending.delete(key);
    if (batch.length === 0) return;
    await seen(batch.map(([, observation]) => observation)).catch((error: unknown) => {
      failure = new HandOverFailed(error);
      pending.clear();
      failed(failure);
    });
  };
  const run = async () => {
    while (pending.size > 0 && failure === undefined) {
      step = handOver();
      await step;
    }
    running = undefined;
  };
  const check = () => {
    if (failure !== undefined) throw failure;
  };

  return {
    add(observation) {
      if (failure !== undefined) return;
      const key = `${observation.namespace}/${observation.name}/${observation.uid}`;
      pending.delete(key);
      pending.set(key, observation);
      running ??= run();
    },
    async room() {
      while (pending.size >= maxPendingCount && failure === undefined) await step;
      check();
    },
    async drain() {
      while (running !== undefined) await running;
      check();
    },
    async stop() {
      pending.clear();
      await running;
    },
  };
}
