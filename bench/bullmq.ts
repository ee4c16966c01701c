/**
 * The straightforward service: a BullMQ job scheduler for each schedule, all due at the same second, and a worker whose
 * jobs write their rows in one Prisma transaction each. Only the firing is measured: the schedulers are made before,
 * and the time runs from the second at which all are due until the last transaction has committed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { Queue, Worker } from 'bullmq';
import { PrismaClient } from './generated/client.ts';
import { secondsOf } from './repeat.ts';
import { batchesOf, type FireRows, forPrisma, type PrismaRows } from './rows.ts';
import type { Stage } from './stage.ts';

const concurrency = 16;

/** Each fires once a day, next at `due`. */
async function makeSchedulers(queue: Queue, ids: readonly string[], due: Date): Promise<void> {
  const pattern = `${due.getUTCSeconds()} ${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
  for (const batch of batchesOf(ids, 500))
    await Promise.all(batch.map((id) => queue.upsertJobScheduler(id, { pattern, tz: 'UTC' }, { data: { id } })));
}

export async function bullmq(stage: Stage, rows: readonly FireRows[], redisUrl: string) {
  const jobs = new Map(rows.map((row, i) => [String(i), forPrisma(row)]));
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: stage.url, max: concurrency }) });
  const write = ({ operation, fire, event }: PrismaRows) =>
    prisma.$transaction(
      async (tx) => {
        await tx.operation.create({ data: operation });
        await tx.fire.create({ data: fire });
        await tx.event.create({ data: event });
      },
      { maxWait: 60_000, timeout: 60_000 },
    );
  const connection = { url: redisUrl, maxRetriesPerRequest: null };

  return {
    async burst(): Promise<number> {
      await stage.reset();
      const queue = new Queue('fires', { connection });
      await queue.obliterate({ force: true });
      const ids = [...jobs.keys()];
      const sample = ids.slice(0, 500);
      const sampleSeconds = await secondsOf(() => makeSchedulers(queue, sample, new Date(Date.now() + 3_600_000)));
      const makingMs = (sampleSeconds * 1000 * ids.length) / sample.length;
      const dueAt = Math.ceil((Date.now() + 2_000 + 1.5 * makingMs) / 1000) * 1000;
      await makeSchedulers(queue, ids, new Date(dueAt));
      if (Date.now() > dueAt - 500) throw new Error('making the job schedulers took longer than was thought');
      let left = jobs.size;
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const worker = new Worker<{ id: string }>(
        'fires',
        async ({ data }) => {
          const job = jobs.get(data.id);
          if (job === undefined) throw new Error(`nothing is known of ${data.id}`);
          await write(job);
          left -= 1;
          if (left === 0) resolve(Date.now());
        },
        { connection, concurrency, removeOnComplete: { count: 0 } },
      );
      worker.on('failed', (_job, error) => reject(error));
      await sleep(Math.max(dueAt - Date.now() - 50, 0));
      const endedAt = await promise;
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      await stage.check();
      return (endedAt - dueAt) / 1000;
    },
    close: () => prisma.$disconnect(),
  };
}
