/** The contract of the queues over PostgreSQL, and a fault that only it has: the server ends all connections. */
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { required, uniqueName } from '../../test/support/bullmq/environment.ts';
import { eventually } from '../../test/support/bullmq/eventually.ts';
import { testQueueContract } from '../../test/support/bullmq/queue-contract.ts';
import { recordedLog } from '../../test/support/bullmq/recorded-log.ts';
import { startQueues } from './queues.ts';
import { quietBrokenConnections } from './quiet-connections.ts';

const adminUrl = required('TEST_DATABASE_URL');
const database = uniqueName();
const own = new URL(adminUrl);
own.pathname = `/${database}`;

async function query(url: string, sql: string, values: readonly string[] = []): Promise<Record<string, string>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

before(() => query(adminUrl, `create database ${database}`));
after(() => query(adminUrl, `drop database ${database} with (force)`));

testQueueContract('PostgreSQL', {
  concurrency: 5,
  connection: () => ({ kind: 'postgres', url: own.href }),
  async empty(prefix) {
    const tables = await query(
      own.href,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = $1 and tablename not like '%migration%' and tablename not like '%schema%'`,
      [prefix],
    );
    await query(own.href, `truncate ${tables.map(({ name }) => name).join(', ')}`);
  },
});

test('a connection to which nobody listens any more ends nothing but itself', async () => {
  quietBrokenConnections();
  const client = new Client({ connectionString: own.href });
  await client.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  client.removeAllListeners();
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  await query(adminUrl, 'select pg_terminate_backend($1::int)', [String(rows[0].pid)]);
  await ended;
});

test('when the server ends all connections, ticks and deliveries go on', async (t) => {
  const ticks: number[] = [];
  let due: string[] = [];
  const queues = await startQueues({
    connection: { kind: 'postgres', url: own.href },
    prefix: uniqueName(),
    log: recordedLog(),
    onTick: async () => void ticks.push(Date.now()),
    onDeliver: async (clusterId) => {
      due = due.filter((other) => other !== clusterId);
    },
    dueClusters: async () => due,
  });
  t.after(() => queues.close(500));
  await eventually('connected', () => queues.health().connected, 10_000);
  for (const clusterId of ['a', 'b', 'c']) {
    await query(adminUrl, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [database]);
    due = [clusterId];
    await eventually('a delivery', () => due.length === 0, 10_000);
  }
  const count = ticks.length;
  await eventually('ticks', () => ticks.length >= count + 2, 4_000);
});
