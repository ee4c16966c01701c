/**
 * Databases of versions before, as `scripts/database-of` writes them: all rows in SQL, and beside it what the API of
 * that version answered from them, with the keys that ask.
 */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { z } from 'zod';
import type { RecordedAnswer } from './api-answers.ts';
import { emptyDatabase, type TestDatabase } from './database.ts';

/** The first line of the file of answers: what one has to know of the database. */
export const About = z.object({
  commit: z.string(),
  /** In base64. The first databases were made with a key that the service accepts of no new installation any more. */
  secretsKey: z.string().default(Buffer.alloc(32, 7).toString('base64')),
  /** The database's time when the answers were recorded. */
  answeredAt: z.string(),
  /** API keys by name, with an organization's own; `revoked` and `expired` are good no more. */
  keys: z.object({ admin: z.string(), acme: z.string(), revoked: z.string(), expired: z.string() }),
  /** What clusters are reached with, by the cluster's id. */
  access: z.record(z.string(), z.object({ server: z.string(), token: z.string() })),
  /** What the agent of a cluster posts events with. */
  agentToken: z.string(),
  /** Requests with an Idempotency-Key, and what was answered. */
  repeatable: z.array(
    z.object({
      as: z.enum(['admin', 'acme']),
      path: z.string(),
      key: z.string(),
      body: z.unknown(),
      status: z.int(),
      answer: z.unknown(),
    }),
  ),
});
export type About = z.infer<typeof About>;

const Answer = z.object({
  as: z.enum(['admin', 'acme']),
  path: z.string(),
  status: z.int(),
  etag: z.string().optional(),
  body: z.unknown().optional(),
}) satisfies z.ZodType<RecordedAnswer>;

export interface OldDatabase {
  readonly about: About;
  readonly answers: readonly RecordedAnswer[];
  readonly sql: string;
}

export const databasesFolder = new URL('./databases/', import.meta.url);

export async function readOldDatabase(name: string): Promise<OldDatabase> {
  const [sql, text] = await Promise.all([
    readFile(new URL(`${name}.sql`, databasesFolder), 'utf8'),
    readFile(new URL(`${name}.jsonl`, databasesFolder), 'utf8'),
  ]);
  const [about, ...answers] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { sql, about: About.parse(about), answers: answers.map((each) => Answer.parse(each)) };
}

/** The database as that version left it, on the test's server. */
export async function restore({ sql }: OldDatabase): Promise<TestDatabase> {
  const database = await emptyDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
  return database;
}
