/**
 * Rings for clusters: adds jobs that wake a connector. Nobody waits for a ring, so a request can afford one, and a ring
 * may be lost.
 *
 * A cluster has one job, deduplicated by the cluster's id. `keepLastIfActive` makes that right: a ring while the job
 * runs makes another job when it ends. A plain deduplication, or a job id of our own, would swallow that ring. While
 * the queue is away, rings are dropped and do not pile up; the sweep rings again.
 */
import type { Doorbell, Log } from '../core/kernel/ports.ts';
import { messageOf } from './failure-log.ts';
import type { JobProducer } from './reopening-queue.ts';
import { withTimeout } from './timers.ts';

const batchSize = 500;
const pendingLimit = 10_000;
const flushMs = 5_000;

export interface DoorbellOptions {
  /** `undefined` while the queue cannot be reached. */
  readonly producer: () => Pick<JobProducer, 'addBulk'> | undefined;
  readonly log: Log;
}

export function createDoorbell({ producer, log }: DoorbellOptions): Doorbell {
  const pending = new Set<string>();
  let flushing = false;

  const flush = async () => {
    try {
      for (let target = producer(); pending.size > 0 && target !== undefined; target = producer()) {
        // Every replica adds in the same order, so that two batches cannot deadlock in PostgreSQL.
        const batch = [...pending].slice(0, batchSize).sort();
        for (const clusterId of batch) pending.delete(clusterId);
        await withTimeout(flushMs, target.addBulk(batch.map(jobFor)));
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'ring lost');
    } finally {
      pending.clear();
      flushing = false;
    }
  };

  return {
    ring(clusterIds) {
      if (producer() === undefined) return;
      for (const clusterId of clusterIds) {
        if (pending.size >= pendingLimit) break;
        pending.add(clusterId);
      }
      if (flushing || pending.size === 0) return;
      flushing = true;
      setImmediate(() => void flush());
    },
  };
}

const jobFor = (clusterId: string) => ({
  name: 'deliver',
  data: { clusterId },
  opts: { deduplication: { id: clusterId, keepLastIfActive: true } },
});
