/** The clock of Redis: a witness beside the database's. Without Redis, or while it does not answer, nobody knows it. */
import { RedisQueueBackend } from 'bullmq';
import type { JobProducer } from './reopening-queue.ts';
import { withTimeout } from './timers.ts';

/** A slower answer says little of the time. */
const answerMs = 2_000;

/** How far it is ahead of `performance.now()`, in milliseconds. */
export async function redisClockOffset(producer: JobProducer | undefined): Promise<number | undefined> {
  const backend = producer?.getBackend();
  if (!(backend instanceof RedisQueueBackend)) return undefined;
  const askedAt = performance.now();
  const info = await withTimeout(
    answerMs,
    backend.client.then((client) => client.info()),
  );
  const microseconds = /server_time_usec:(\d+)/.exec(info)?.[1];
  return microseconds === undefined ? undefined : Number(microseconds) / 1000 - (askedAt + performance.now()) / 2;
}
