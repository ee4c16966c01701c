/**
 * Asks the queue for its counts each second. Only an answer says that the queue can be reached: events do not, because
 * a server that is stopped or cut off closes no connection. The counts also show a worker that is stuck: jobs wait, the
 * worker has room, and it takes none.
 */
import { RedisQueueBackend } from 'bullmq';
import type { Log } from '../core/kernel/ports.ts';
import { addressOf, type QueueConnection } from './backend.ts';
import { failureLog, messageOf } from './failure-log.ts';
import type { JobProducer, ReopeningQueue } from './reopening-queue.ts';
import { repeat, withTimeout } from './timers.ts';

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

export interface HealthProbe {
  readonly connected: boolean;
  /** Of the last second; `undefined` while the queue cannot be reached. */
  readonly counts: QueueCounts | undefined;
  stop(): void;
}

export interface HealthProbeOptions {
  readonly queue: ReopeningQueue;
  readonly connection: QueueConnection;
  /** How many jobs the worker of this process takes at once; 0 without one. */
  readonly concurrency: number;
  readonly log: Log;
}

/**
 * When in a second it asks: just after the tick is due. Redis looks for blocked clients whose time is up only when its
 * event loop wakes, which is ten times a second while nobody asks anything. This question makes ticks punctual there.
 */
const probeAtMs = 3;
const unknownMs = 100;
const answerMs = 2_000;
/** How long the first contact may take before a failure is logged. */
const startMs = 2_000;
const stuckMs = 10_000;
const reopenMs = 15_000;

export function startHealthProbe({ queue, connection, concurrency, log }: HealthProbeOptions): HealthProbe {
  const server = addressOf(connection);
  const reachability = failureLog(log, { failing: 'queue unreachable', working: 'queue reachable again' }, { server });
  const began = performance.now();
  let asked: JobProducer | undefined;
  let counts: QueueCounts | undefined;
  let idleSince = began;
  let answeredAt = began;

  const ask = async () => {
    try {
      const { producer } = queue;
      if (producer === undefined) throw new Error('not connected yet');
      const answer = await withTimeout(answerMs, producer.getJobCounts('waiting', 'active', 'delayed'));
      const { waiting = 0, active = 0, delayed = 0 } = answer;
      counts = { waiting, active, delayed };
      if (asked !== producer || reachability.failing) void warnOfEviction(producer, log);
      asked = producer;
      answeredAt = performance.now();
      reachability.worked();
      if (waiting === 0 || queue.runningCount >= concurrency) idleSince = performance.now();
      if (performance.now() - Math.max(idleSince, queue.lastJobAt) < stuckMs) return;
      idleSince = performance.now();
      log.warn({ waiting }, 'jobs wait and the worker takes none: reopening its queue');
      queue.reopen();
    } catch (error) {
      counts = undefined;
      idleSince = performance.now();
      if (idleSince - answeredAt > reopenMs) {
        // Nothing else ends a connection that is half open.
        answeredAt = idleSince;
        queue.reopen();
      }
      if (asked !== undefined || idleSince - began > startMs) reachability.failed(error);
    }
  };
  const repeater = repeat(
    () => (asked !== undefined && queue.producer === asked ? 1_000 + probeAtMs - (Date.now() % 1_000) : unknownMs),
    ask,
  );

  return {
    get connected() {
      return counts !== undefined;
    },
    get counts() {
      return counts;
    },
    stop: () => repeater.stop(),
  };
}

/**
 * A Redis that evicts keys when its memory is full drops jobs in any order, and of some jobs only a part of the keys.
 */
async function warnOfEviction(producer: JobProducer, log: Log): Promise<void> {
  const backend = producer.getBackend();
  if (!(backend instanceof RedisQueueBackend)) return;
  try {
    const client = await backend.client;
    const policy = /maxmemory_policy:(\S+)/.exec(await client.info())?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      log.warn({ policy }, 'Redis may evict jobs: set its maxmemory-policy to noeviction');
    }
  } catch (error) {
    log.debug({ reason: messageOf(error) }, 'the eviction policy of Redis could not be read');
  }
}
