/**
 * The limit: the same rows, known beforehand, in multi-row inserts through one connection, in batches of the size that
 * the service uses, each batch one transaction. Nothing is claimed, locked, decided or checked.
 */
import pg from 'pg';
import { secondsOf } from './repeat.ts';
import { batchesOf, bulkStatements, bulkValues, type FireRows } from './rows.ts';
import type { Stage } from './stage.ts';

const batchSize = 500;

export async function limit(stage: Stage, rows: readonly FireRows[]) {
  const [example] = rows;
  if (example === undefined) throw new Error('there are no rows to write');
  const statements = bulkStatements(example);
  const batches = batchesOf(rows, batchSize).map(bulkValues);
  const client = new pg.Client({ connectionString: stage.url });
  await client.connect();
  const write = async () => {
    for (const values of batches) {
      await client.query('begin');
      for (const [i, text] of statements.entries())
        await client.query({ name: `limit-${i}`, text, values: [values[i]] });
      await client.query('commit');
    }
  };
  return {
    async burst(): Promise<number> {
      await stage.reset();
      const seconds = await secondsOf(write);
      await stage.check();
      return seconds;
    },
    close: () => client.end(),
  };
}
