/**
 * pg-boss: as many jobs as there are fires, queued before, fetched in batches; the handler of a batch writes all its
 * rows in one statement, which is the best that the library lets a service do.
 */
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { batchesOf, type FireRows, insertAll } from './rows.ts';
import type { Stage } from './stage.ts';

const queueName = 'fires';
const batchSize = 1000;
/** A worker rests between two fetches for half a second at least, so there is one for each batch. */
const localConcurrency = 10;

export async function pgBoss(stage: Stage, rows: readonly FireRows[]) {
  const [example] = rows;
  if (example === undefined) throw new Error('there are no rows to write');
  const text = insertAll(example);
  const pool = new pg.Pool({ connectionString: stage.url, max: 4 });
  const boss = new PgBoss({ connectionString: stage.url, supervise: false, schedule: false, max: 4 });
  boss.on('error', (error) => console.error(error.message));
  await boss.start();
  await boss.createQueue(queueName);
  return {
    async burst(): Promise<number> {
      await stage.reset();
      await boss.deleteAllJobs(queueName);
      for (const batch of batchesOf([...rows.keys()], 2000))
        await boss.insert(
          queueName,
          batch.map((n) => ({ data: { n } })),
        );
      let left = rows.length;
      const { promise, resolve } = Promise.withResolvers<void>();
      const begin = performance.now();
      await boss.work<{ n: number }>(
        queueName,
        { batchSize, localConcurrency, pollingIntervalSeconds: 0.5 },
        async (jobs) => {
          const mine = jobs.flatMap(({ data }) => rows[data.n] ?? []);
          const values = [mine.map((row) => row.operation), mine.map((row) => row.fire), mine.map((row) => row.event)];
          await pool.query({ name: 'write', text, values: values.map((value) => JSON.stringify(value)) });
          left -= jobs.length;
          if (left === 0) resolve();
        },
      );
      await promise;
      const seconds = (performance.now() - begin) / 1000;
      await boss.offWork(queueName);
      await stage.check();
      return seconds;
    },
    async close() {
      await boss.stop({ graceful: true, timeout: 5_000 });
      await pool.end();
    },
  };
}
