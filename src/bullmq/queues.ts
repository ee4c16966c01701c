/**
 * The queues of one process: ticks for the scheduler role, the doorbell for all, the worker for the connector role.
 *
 * PostgreSQL is the record; the queues are only a clock and a bell. No fact lives in a queue and jobs carry ids only,
 * so a queue that is flushed, away or stuck costs seconds, never a backup. The code is the same over Redis and
 * PostgreSQL. Starting never waits for the queue's server: the service takes requests without it.
 */
import type { Doorbell, Log } from '../core/kernel/ports.ts';
import type { QueueConnection } from './backend.ts';
import { createDelivery } from './delivery.ts';
import { createDoorbell } from './doorbell.ts';
import { type QueueCounts, startHealthProbe } from './health-probe.ts';
import { openQueue, type ReopeningQueue } from './reopening-queue.ts';
import { redisClockOffset } from './server-clock.ts';
import { createTickSource, scheduleTicks } from './tick-source.ts';
import { waitUntil } from './timers.ts';

export type { QueueConnection } from './backend.ts';
export type { QueueCounts } from './health-probe.ts';

export interface QueuesOptions {
  readonly connection: QueueConnection;
  readonly log: Log;
  /**
   * Keeps queues on one server apart: the prefix of Redis' keys, the schema in PostgreSQL. A simple identifier;
   * `bullmq` if absent.
   */
  readonly prefix?: string | undefined;
  /** Scheduler role: called each whole second. Must be safe at any time, on every replica, concurrently. */
  readonly onTick?: (() => Promise<void>) | undefined;
  /**
   * Connector role: delivers to one cluster. Calls for a cluster never overlap, on any replica, unless a lock was lost.
   */
  readonly onDeliver?: ((clusterId: string) => Promise<void>) | undefined;
  /**
   * Connector role: called each second; finds the clusters to which something is owed now. The queue rings for them.
   */
  readonly dueClusters?: (() => Promise<readonly string[]>) | undefined;
  /**
   * How many clusters this process serves at once; 2,000 if absent. This must be more than the clusters that may be
   * mute at a time, or those starve the others.
   */
  readonly concurrency?: { readonly deliver?: number | undefined } | undefined;
}

export interface QueuesHealth {
  /** When `onTick` last succeeded in this process. */
  readonly lastTickAt: string | undefined;
  /** When `dueClusters` last succeeded in this process. */
  readonly lastSweepAt: string | undefined;
  /** Whether the queue's server answered within the last seconds. */
  readonly connected: boolean;
}

export interface Queues {
  readonly doorbell: Doorbell;
  health(): QueuesHealth;
  /** How far the clock of the queue's server is ahead of `performance.now()`; `undefined` while nobody knows. */
  serverClockOffset(): Promise<number | undefined>;
  /** Deliveries in this process, and the jobs of all replicas as of the last second, if the queue can be reached. */
  counts(): Promise<{ readonly runningHere: number; readonly deliver: QueueCounts | undefined }>;
  /** Takes no more jobs, waits for the running ones up to the deadline, and leaves nothing open. */
  close(deadlineMs: number): Promise<void>;
}

const defaultDeliverConcurrency = 2_000;

export async function startQueues(options: QueuesOptions): Promise<Queues> {
  const { connection, log, onTick, onDeliver, dueClusters } = options;
  const base = { connection, log, prefix: options.prefix ?? 'bullmq' };
  const concurrency = onDeliver === undefined ? 0 : (options.concurrency?.deliver ?? defaultDeliverConcurrency);

  const reachable = () => (probe.connected ? deliverQueue.producer : undefined);
  const doorbell = createDoorbell({ producer: reachable, log });
  const delivery = createDelivery({ onDeliver, dueClusters, ring: doorbell.ring, log });
  const work = concurrency > 0 ? { run: delivery.run, concurrency } : undefined;
  const deliverQueue = openQueue({ ...base, name: 'deliver', work });
  const probe = startHealthProbe({ queue: deliverQueue, connection, concurrency, log });

  const tickSource = onTick === undefined ? undefined : createTickSource({ onTick, log });
  let tickQueue: ReopeningQueue | undefined;
  if (tickSource !== undefined) {
    tickQueue = openQueue({
      ...base,
      name: 'tick',
      work: { run: tickSource.tick, concurrency: 1 },
      onOpened: scheduleTicks,
    });
    tickSource.guard(tickQueue);
  }

  let closed: Promise<unknown> | undefined;
  return {
    doorbell,
    health: () => ({
      lastTickAt: tickSource?.lastTickAt,
      lastSweepAt: delivery.lastSweepAt,
      connected: probe.connected,
    }),
    serverClockOffset: () => redisClockOffset(reachable()),
    counts: async () => ({ runningHere: deliverQueue.runningCount, deliver: probe.counts }),
    async close(deadlineMs) {
      tickSource?.stop();
      delivery.stop();
      probe.stop();
      const callsEnded = waitUntil(() => !tickSource?.busy && !delivery.sweeping, deadlineMs);
      closed ??= Promise.all([deliverQueue.close(deadlineMs), tickQueue?.close(deadlineMs), callsEnded]);
      await closed;
    },
  };
}
