/**
 * Observations from the watch to committed rows: a process with the role connector follows one cluster; at a moment the
 * cluster tells the end of every Operation at once, over the watch. Measured from the first event to the last commit.
 * Beside it the limit: the same rows and events, as they are in the end, inserted in batches by one connection.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { z } from 'zod';
import { makeTls } from '../simulator/index.ts';
import { freshDatabase } from '../test/support/database.ts';
import { until } from '../test/support/until.ts';
import { place, secretsKey, setClusterStage } from './cluster-stage.ts';
import { type Figure, figureOf, progress, secondsOf } from './repeat.ts';
import { batchesOf } from './rows.ts';
import { ended } from './servers.ts';

const operationCount = 10_000;
const rounds = 3;
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const Listening = z.object({ port: z.int() });
const Told = z.object({ toldAt: z.number(), watchCount: z.literal(1) });

export interface ObservationFigures {
  readonly operationCount: number;
  readonly ours: Figure;
  readonly inserts: Figure;
}

export async function observations(): Promise<ObservationFigures> {
  const taken = { ours: [] as number[], inserts: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    const { ours, inserts } = await measure();
    progress(
      `observations: ours ${ours.toFixed(3)} s, bare inserts ${inserts.toFixed(3)} s${round === 0 ? ' (warming up)' : ''}`,
    );
    if (round === 0) continue;
    taken.ours.push(ours);
    taken.inserts.push(inserts);
  }
  return { operationCount, ours: figureOf(taken.ours), inserts: figureOf(taken.inserts) };
}

async function measure(): Promise<{ ours: number; inserts: number }> {
  const database = await freshDatabase();
  const tls = await makeTls();
  const source = fork(here('./watch-source.ts'));
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-observations-'));
  const say = async (what: object | string) => {
    const answer = once(source, 'message');
    source.send(what);
    return (await answer)[0];
  };
  try {
    const access = { server: 'https://127.0.0.1:1', ca: tls.caPem, token: 'bench' };
    const stage = await setClusterStage(database.url, operationCount, access);
    const { pool, clusterId } = stage;
    await pool.query(
      `update operation set owed = null, next_attempt_at = null, uid = id::text, delivered_at = now(), attempts = 1`,
    );
    const { rows: resources } = await pool.query('select name, uid from operation order by id');
    const { port } = Listening.parse(
      await say({ resources, ...place, tls: { certPem: tls.certPem, keyPem: tls.keyPem } }),
    );
    const { rows } = await pool.query('select organization_id from cluster');
    const reached = { ...access, server: `https://127.0.0.1:${port}` };
    await stage.opened.store.tables.credentials.put(
      { id: clusterId, organizationId: rows[0].organization_id },
      reached,
    );
    await pool.query('vacuum (analyze) operation, event');
    const service = spawn(process.execPath, [here('../src/main.ts')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: database.url,
        ROLES: 'connector',
        DATA_FOLDER: folder,
        LOG_LEVEL: 'warn',
        ADMIN_API_KEY: 'bench-admin-key-that-opens-nothing-else-0123',
        SECRETS_KEY: secretsKey.toString('base64'),
      },
    });
    try {
      await until('the cluster is watched', 60, async () => {
        const { rows: watching } = await pool.query(
          `select from cluster where conditions @> '[{"type": "Watching", "status": "True"}]'`,
        );
        return watching.length === 1;
      });
      const { toldAt } = Told.parse(await say('tell'));
      await until('every end is recorded', 60, async () => (await endedCount(pool)) === operationCount);
      const { rows: last } = await pool.query(
        `select extract(epoch from max(pg_xact_commit_timestamp(xmin)))::float8 * 1000 as at from operation`,
      );
      const ours = (last[0].at - toldAt) / 1000;
      await ended(service, 'SIGTERM');
      const inserts = await insertAgain(pool);
      await stage.close();
      return { ours, inserts };
    } finally {
      await ended(service, 'SIGKILL');
    }
  } finally {
    source.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  }
}

async function endedCount(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(`select count(*)::int as n from operation where phase = 'Succeeded'`);
  return rows[0].n;
}

/** What the connector has written, written once more into the emptied tables. */
async function insertAgain(pool: pg.Pool): Promise<number> {
  const read = async (table: string, what: string, where: string): Promise<readonly object[]> =>
    (await pool.query(`select ${what} as row from ${table} t ${where}`)).rows.map(({ row }) => row);
  const operations = await read('operation', 'row_to_json(t)', '');
  const events = await read('event', `to_jsonb(t) - 'transaction_id'`, `where reason <> 'Created'`);
  await pool.query('truncate operation, event, fire cascade');
  const client = await pool.connect();
  try {
    return await secondsOf(async () => {
      const operationBatches = batchesOf(operations, 500);
      const eventBatches = batchesOf(events, Math.ceil(events.length / operationBatches.length));
      for (const [i, batch] of operationBatches.entries()) {
        await client.query('begin');
        await insert(client, 'operation', batch);
        await insert(client, 'event', eventBatches[i] ?? []);
        await client.query('commit');
      }
    });
  } finally {
    client.release();
  }
}

async function insert(client: pg.PoolClient, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first).join(', ');
  const text = `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1::json)`;
  await client.query({ name: `again-${table}`, text, values: [JSON.stringify(rows)] });
}
