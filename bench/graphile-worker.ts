/**
 * graphile-worker: as many jobs as there are fires, queued before, fetched and completed in batches; a task has one job,
 * so each writes its rows by itself, in one statement through pg.
 */
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { z } from 'zod';
import { batchesOf, type FireRows, insertAll } from './rows.ts';
import type { Stage } from './stage.ts';

const concurrentJobs = 16;
const logger = new Logger(() => () => {});
const Payload = z.object({ n: z.int() });

export async function graphileWorker(stage: Stage, rows: readonly FireRows[]) {
  const [example] = rows;
  if (example === undefined) throw new Error('there are no rows to write');
  const text = insertAll(example);
  const pgPool = new pg.Pool({ connectionString: stage.url, max: concurrentJobs + 2 });
  pgPool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}));
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  return {
    async burst(): Promise<number> {
      await stage.reset();
      for (const batch of batchesOf([...rows.keys()], 1000))
        await utils.addJobs(batch.map((n) => ({ identifier: 'fire', payload: { n } })));
      let left = rows.length;
      const { promise, resolve } = Promise.withResolvers<void>();
      const begin = performance.now();
      const runner = await run({
        pgPool,
        logger,
        noHandleSignals: true,
        parsedCronItems: [],
        preset: {
          worker: { concurrentJobs, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
        },
        taskList: {
          async fire(payload, { withPgClient }) {
            const row = rows[Payload.parse(payload).n];
            if (row === undefined) throw new Error('nothing is known of this job');
            const values = [row.operation, row.fire, row.event].map((each) => JSON.stringify([each]));
            await withPgClient((client) => client.query({ name: 'write', text, values }));
            left -= 1;
            if (left === 0) resolve();
          },
        },
      });
      await promise;
      const seconds = (performance.now() - begin) / 1000;
      await runner.stop();
      await stage.check();
      return seconds;
    },
    async close() {
      await utils.release();
      await pgPool.end();
    },
  };
}
