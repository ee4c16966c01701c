/**
 * One BullMQ queue: its producer and, where it has work to do, its worker. It opens in the background, opens again
 * after a failure or when somebody has found it dead, and closes within a bound.
 *
 * Opening is a loop because BullMQ's PostgreSQL connection remembers a failed first contact for ever: an object that
 * was made while the server was away never works. The worker starts only once the server has been reached, because its
 * main loop spins before that.
 */
import { type IQueueBackend, type Job, Queue, Worker } from 'bullmq';
import type { Log } from '../core/kernel/ports.ts';
import { type Backend, backendOf, idleBlockSeconds, lockMs, type QueueConnection, stalledCheckMs } from './backend.ts';
import { failureLog, queueErrorLog } from './failure-log.ts';
import { pause, waitUntil, withTimeout } from './timers.ts';

/** Ids only: the worker reads from PostgreSQL what a job is about. */
export interface JobData {
  readonly clusterId?: string;
}
export type JobProducer = Queue<JobData, void, string, JobData, void, string, IQueueBackend, object>;
type JobWorker = Worker<JobData, void, string, IQueueBackend, never, object>;

export interface ReopeningQueueOptions {
  readonly name: string;
  readonly connection: QueueConnection;
  readonly prefix: string;
  readonly log: Log;
  /** Must not reject: BullMQ does not retry a job that fails. */
  readonly work?: { readonly run: (data: JobData) => Promise<void>; readonly concurrency: number } | undefined;
  readonly onOpened?: (producer: JobProducer) => Promise<void>;
}

export interface ReopeningQueue {
  /** The producer, once the server has been reached. */
  readonly producer: JobProducer | undefined;
  readonly runningCount: number;
  /** When a job was last taken, by `performance.now()`. */
  readonly lastJobAt: number;
  /** Replaces producer and worker: for a queue that was found dead. */
  reopen(): void;
  /** Takes no more jobs, waits for the running ones, then leaves nothing open. */
  close(deadlineMs: number): Promise<void>;
}

interface Opened {
  readonly backend: Backend;
  readonly producer: JobProducer;
  readonly worker: JobWorker | undefined;
}

const reopenMs = 1_000;
const reportMs = 1_000;
const discardMs = 2_000;
const keepNothing = { removeOnComplete: true, removeOnFail: true } as const;

export function openQueue(options: ReopeningQueueOptions): ReopeningQueue {
  const { name, prefix, log } = options;
  const logError = queueErrorLog(log, name);
  const openFailures = failureLog(
    log,
    { failing: 'queue cannot be opened', working: 'queue is open' },
    { queue: name },
  );
  const closing = new AbortController();
  const unreported = new Set<string>();
  let running = 0;
  let lastJobAt = performance.now();
  let current: Opened | undefined;
  let reopening = new AbortController();

  const take = async (job: Job<JobData, void>) => {
    lastJobAt = performance.now();
    if (closing.signal.aborted || options.work === undefined) return;
    running += 1;
    if (job.id !== undefined) unreported.add(job.id);
    try {
      await options.work.run(job.data);
    } finally {
      running -= 1;
    }
  };

  const construct = (): Opened => {
    const backend = backendOf(options.connection);
    const base = { connection: {}, prefix };
    const producer: JobProducer = new Queue(name, { ...base, defaultJobOptions: keepNothing }, backend.factory);
    producer.on('error', logError);
    if (options.work === undefined) return { backend, producer, worker: undefined };
    const worker: JobWorker = new Worker<JobData, void, string, IQueueBackend, never, object>(
      name,
      take,
      {
        ...base,
        autorun: false,
        concurrency: options.work.concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        // A job stalls because its worker died. That is not the job's fault, however often it happens.
        maxStalledCount: 1_000_000,
        drainDelay: idleBlockSeconds,
        // The pause after a refused connection. The default would let 15 s pass after an outage.
        runRetryDelay: 1_000,
      },
      backend.factory,
    );
    worker.on('error', logError);
    worker.on('completed', (job) => unreported.delete(job.id ?? ''));
    worker.on('failed', (job) => unreported.delete(job?.id ?? ''));
    return { backend, producer, worker };
  };

  const keepOpen = async () => {
    while (!closing.signal.aborted) {
      reopening = new AbortController();
      const either = AbortSignal.any([closing.signal, reopening.signal]);
      const ended = new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
      const made = construct();
      try {
        const ready = Promise.all([made.producer.waitUntilReady(), made.worker?.waitUntilReady()]);
        ready.catch(() => {});
        await Promise.race([ready, ended]);
        if (!either.aborted) {
          await options.onOpened?.(made.producer);
          current = made;
          openFailures.worked();
          made.worker?.run().catch(logError);
          await ended;
        }
      } catch (error) {
        openFailures.failed(error);
      }
      if (closing.signal.aborted) current ??= made;
      else {
        current = undefined;
        unreported.clear();
        await discard(made);
        await pause(reopenMs, closing.signal);
      }
    }
  };
  const opened = keepOpen();

  return {
    get producer() {
      return closing.signal.aborted ? undefined : current?.producer;
    },
    get runningCount() {
      return running;
    },
    get lastJobAt() {
      return lastJobAt;
    },
    reopen: () => reopening.abort(),
    async close(deadlineMs) {
      closing.abort();
      await opened;
      if (current === undefined) return;
      // Pausing takes effect at once; its promise would wait for the running jobs without a bound.
      void current.worker?.pause(true).catch(logError);
      await waitUntil(() => running === 0, deadlineMs);
      // BullMQ must hear that a job has ended, or its cluster stays locked until the job counts as stalled.
      await waitUntil(() => unreported.size === 0, running === 0 ? reportMs : 0);
      await discard(current);
      current = undefined;
    },
  };
}

/**
 * Always by force: an orderly close would wait for a server that may be away. `close` has waited for the jobs before.
 */
async function discard({ backend, producer, worker }: Opened): Promise<void> {
  // Otherwise a worker on PostgreSQL keeps the timer of its wait.
  void worker
    ?.getBackend()
    .disconnectBlocking(false)
    .catch(() => {});
  const closed = Promise.allSettled([worker?.close(true), producer.getBackend().close(true)]);
  await withTimeout(discardMs, closed).catch(() => {});
  backend.destroySockets();
}
