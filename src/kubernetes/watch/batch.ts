/**
 * Hands observations over in batches of at most 500. Those that arrive while a batch is being written go into the next
 * one together, one for each resource: the newest, because a deletion is the last that is observed of a resource. A
 * batch begins only when everything that has arrived so far is read.
 *
 * A full batch may begin beside one that is being written. It leaves out the places (namespace and name) that are in
 * that one, so that observations of a place keep their order.
 *
 * The memory is bounded: while the writer is behind, the reader waits in `room`, so a slow database slows the watch
 * down. After a failure nothing is handed over any more.
 */
import { setImmediate as arrived } from 'node:timers/promises';
import type { Identified } from './resource.ts';

const maxBatchSize = 500;
const maxPendingCount = 2 * maxBatchSize;
const maxWriteCount = 2;

/** The writer has rejected, so the watch must begin again with a list. */
export class HandOverFailed extends Error {
  constructor(cause: unknown) {
    super('the observations could not be recorded', { cause });
    this.name = 'HandOverFailed';
  }
}

export interface Batch<Observed> {
  add(observation: Observed): void;
  /** Resolves when there is room for more; rejects with HandOverFailed when the writer has rejected. */
  room(): Promise<void>;
  /** Resolves when everything is handed over; rejects as `room` does. */
  drain(): Promise<void>;
  /** Forgets what is pending and waits for the batches that are being written. Never rejects. */
  stop(): Promise<void>;
}

export function batchTo<Observed extends Identified>(
  seen: (observations: readonly Observed[]) => Promise<void>,
  failed: (failure: HandOverFailed) => void,
): Batch<Observed> {
  const pending = new Map<string, Observed>();
  const inFlight = new Set<string>();
  const writes = new Set<Promise<void>>();
  let failure: HandOverFailed | undefined;

  /** The oldest pending observations whose places are free. */
  const take = (): readonly Observed[] => {
    const batch: Observed[] = [];
    const blocked = new Set(inFlight);
    for (const [key, observation] of pending) {
      const place = placeOf(observation);
      if (blocked.has(place)) continue;
      pending.delete(key);
      inFlight.add(place);
      batch.push(observation);
      if (batch.length === maxBatchSize) break;
    }
    return batch;
  };
  /** Returns whether there was anything to hand over. */
  const handOver = async (): Promise<boolean> => {
    await arrived();
    const batch = take();
    if (batch.length === 0) return false;
    await seen(batch).catch((error: unknown) => {
      if (failure !== undefined) return;
      failure = new HandOverFailed(error);
      pending.clear();
      failed(failure);
    });
    for (const observation of batch) inFlight.delete(placeOf(observation));
    return true;
  };
  const begin = () => {
    const worthIt = writes.size === 0 ? pending.size > 0 : pending.size >= maxBatchSize;
    if (!worthIt || writes.size === maxWriteCount || failure !== undefined) return;
    const write = handOver().then((any) => {
      writes.delete(write);
      if (any) begin();
    });
    writes.add(write);
  };
  const check = () => {
    if (failure !== undefined) throw failure;
  };

  return {
    add(observation) {
      if (failure !== undefined) return;
      const key = `${placeOf(observation)}/${observation.uid}`;
      pending.delete(key);
      pending.set(key, observation);
      begin();
    },
    async room() {
      while (pending.size >= maxPendingCount && failure === undefined) await Promise.race(writes);
      check();
    },
    async drain() {
      while (writes.size > 0) await Promise.race(writes);
      check();
    },
    async stop() {
      pending.clear();
      await Promise.all(writes);
    },
  };
}

function placeOf({ namespace, name }: Identified): string {
  return `${namespace}/${name}`;
}
