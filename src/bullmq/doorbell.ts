/**
 * Wakes the connector for clusters: fire and forget, cheap enough for a request's way, lossy on purpose.
 *
 * One job a cluster, deduplicated by its id. `keepLastIfActive` is what makes it right: a ring while that cluster's
 * job runs makes another job when it ends; a plain deduplication or a job id of one's own would swallow it. Nothing
 * piles up while the queue is away: rings are dropped, and the sweep gives them again.
 */
import type { Doorbell, Log } from '../core/kernel/ports.ts';
import { messageOf } from './failure-log.ts';
import type { JobProducer } from './reopening-queue.ts';
import { withTimeout } from './timers.ts';

const batchSize = 500;
const pendingLimit = 10_000;
const flushMs = 5_000;

export interface DoorbellOptions {
  /** The queue to ring with, `undefined` while it cannot be reached. */
  readonly producer: () => JobProducer | undefined;
  readonly log: Log;
}

export function createDoorbell({ producer, log }: DoorbellOptions): Doorbell {
  const pending = new Set<string>();
  let flushing = false;

  const flush = async () => {
    try {
      for (let target = producer(); pending.size > 0 && target !== undefined; target = producer()) {
        // In one order everywhere, so that batches of two replicas cannot deadlock in PostgreSQL.
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
