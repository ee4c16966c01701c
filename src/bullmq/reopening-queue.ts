/**
 * One BullMQ queue: its producer and, if there is work to do here, its worker; opened in the background, opened anew
 * whenever that failed or someone found it dead, closed within a bound.
 *
 * Opening is a loop because BullMQ's PostgreSQL connection remembers a failed first contact for ever: an object made
 * while the server was away never works. The worker is started only once the server has been reached, because before
 * that its main loop spins.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type IQueueBackend, type Job, Queue, Worker } from 'bullmq';
import type { Log } from '../core/kernel/ports.ts';
import { type Backend, backendOf, idleBlockSeconds, lockMs, type QueueConnection, stalledCheckMs } from './backend.ts';
import { condition, errorListener } from './failure-log.ts';
import { waitUntil, within } from './timers.ts';

/** Ids only: what a job is about is read from Postgres by who takes it. */
export interface JobData {
  readonly clusterId?: string;
}
export type LaneQueue = Queue<JobData, void, string, JobData, void, string, IQueueBackend, object>;
type LaneWorker = Worker<JobData, void, string, IQueueBackend, never, object>;

export interface LaneOptions {
  readonly name: string;
  readonly connection: QueueConnection;
  readonly prefix: string;
  readonly log: Log;
  /** Must not reject: a job that fails is not tried again by BullMQ. */
  readonly work?: { readonly run: (data: JobData) => Promise<void>; readonly concurrency: number } | undefined;
  readonly opened?: (queue: LaneQueue) => Promise<void>;
}

export interface Lane {
  /** The producer, once the server has been reached. */
  readonly queue: LaneQueue | undefined;
  readonly runningCount: number;
  /** When a job was last taken, by `performance.now()`. */
  readonly tookAt: number;
  /** Replaces producer and worker: for one that was found dead. */
  renew(): void;
  /** Takes no more jobs, waits for the running ones, then leaves nothing open. */
  close(deadlineMs: number): Promise<void>;
}

interface Opened {
  readonly backend: Backend;
  readonly queue: LaneQueue;
  readonly worker: LaneWorker | undefined;
}

const reopenMs = 1_000;
const settleMs = 1_000;
const discardMs = 2_000;
const keepNothing = { removeOnComplete: true, removeOnFail: true } as const;

export function openLane(options: LaneOptions): Lane {
  const { name, prefix, log } = options;
  const tell = errorListener(log, name);
  const opening = condition(log, { failing: 'queue cannot be opened', working: 'queue is open' }, { queue: name });
  const closing = new AbortController();
  const unsettled = new Set<string>();
  let running = 0;
  let tookAt = performance.now();
  let current: Opened | undefined;
  let renewing = new AbortController();

  const take = async (job: Job<JobData, void>) => {
    tookAt = performance.now();
    if (closing.signal.aborted || options.work === undefined) return;
    running += 1;
    if (job.id !== undefined) unsettled.add(job.id);
    try {
      await options.work.run(job.data);
    } finally {
      running -= 1;
    }
  };

  const construct = (): Opened => {
    const backend = backendOf(options.connection);
    const base = { connection: {}, prefix };
    const queue: LaneQueue = new Queue(name, { ...base, defaultJobOptions: keepNothing }, backend.factory);
    queue.on('error', tell);
    if (options.work === undefined) return { backend, queue, worker: undefined };
    const worker: LaneWorker = new Worker<JobData, void, string, IQueueBackend, never, object>(
      name,
      take,
      {
        ...base,
        autorun: false,
        concurrency: options.work.concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        // A stalled job's worker died: that is not the job's fault, however often it happens.
        maxStalledCount: 1_000_000,
        drainDelay: idleBlockSeconds,
        // The pause after a refused connection; its default would let 15 s pass after an outage.
        runRetryDelay: 1_000,
      },
      backend.factory,
    );
    worker.on('error', tell);
    worker.on('completed', (job) => unsettled.delete(job.id ?? ''));
    worker.on('failed', (job) => unsettled.delete(job?.id ?? ''));
    return { backend, queue, worker };
  };

  const keepOpen = async () => {
    while (!closing.signal.aborted) {
      renewing = new AbortController();
      const either = AbortSignal.any([closing.signal, renewing.signal]);
      const ended = new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
      const made = construct();
      try {
        const ready = Promise.all([made.queue.waitUntilReady(), made.worker?.waitUntilReady()]);
        ready.catch(() => {});
        await Promise.race([ready, ended]);
        if (!either.aborted) {
          await options.opened?.(made.queue);
          current = made;
          opening.worked();
          made.worker?.run().catch(tell);
          await ended;
        }
      } catch (error) {
        opening.failed(error);
      }
      if (closing.signal.aborted) current ??= made;
      else {
        current = undefined;
        unsettled.clear();
        await discard(made);
        await sleep(reopenMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
  };
  const opened = keepOpen();

  return {
    get queue() {
      return closing.signal.aborted ? undefined : current?.queue;
    },
    get runningCount() {
      return running;
    },
    get tookAt() {
      return tookAt;
    },
    renew: () => renewing.abort(),
    async close(deadlineMs) {
      closing.abort();
      await opened;
      if (current === undefined) return;
      // Pausing takes effect at once; its promise would wait for the running jobs without a bound.
      void current.worker?.pause(true).catch(tell);
      await waitUntil(() => running === 0, deadlineMs);
      // A job that ended must be reported as ended, or its cluster stays locked until it counts as stalled.
      await waitUntil(() => unsettled.size === 0, running === 0 ? settleMs : 0);
      await discard(current);
      current = undefined;
    },
  };
}

/** Always by force: an orderly close waits for a server that may be away. What had to be waited for has been. */
async function discard({ backend, queue, worker }: Opened): Promise<void> {
  // A worker on PostgreSQL would keep the timer of its wait.
  void worker
    ?.getBackend()
    .disconnectBlocking(false)
    .catch(() => {});
  const closed = Promise.allSettled([worker?.close(true), queue.getBackend().close(true)]);
  await within(discardMs, closed).catch(() => {});
  backend.abandon();
}
