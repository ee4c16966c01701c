/**
 * What one tenant can do to another: the time in which somebody else's requests are answered while a tenant floods the
 * service, against the mean of the times before and after. The service is one process with all roles and the usual
 * budgets; whoever floods it is another process. The 99th percentile may at most double; the median of three rounds
 * counts.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { v7 } from 'uuid';
import { type Client, clientOf } from '../support/client.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/port.ts';
import { adminKey, secretsKey } from '../support/service.ts';
import { until } from '../support/until.ts';

const bound = 2;
const roundCount = 3;
const roundSeconds = 6;
/** Requests a second of the tenant that is measured. */
const perSecond = 40;
const operationCount = 5_000;

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const flood = fileURLToPath(new URL('../support/flood-process.ts', import.meta.url));
const endless = fileURLToPath(new URL('../support/endless-cluster.ts', import.meta.url));

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const p99 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

describe("another tenant's requests", () => {
  const children: ChildProcess[] = [];
  let database: TestDatabase;
  let pool: Pool;
  let url: string;
  let service: ChildProcess;
  let admin: Client;
  let keys: { greedy: string; other: string };
  const paths: string[] = [];

  const start = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  };
  /** The processor's time that the service has used so far, in seconds: what else the machine does is not in it. */
  const cpuSeconds = () => {
    const fields = readFileSync(`/proc/${service.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  const end = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  before(async () => {
    database = await freshDatabase();
    pool = new Pool({ connectionString: database.url, max: 2 });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    service = start(main, [], {
      DATABASE_URL: database.url,
      PORT: String(port),
      METRICS_PORT: '0',
      ADMIN_API_KEY: adminKey,
      SECRETS_KEY: secretsKey,
      ALLOWED_CLUSTER_ADDRESSES: '127.0.0.0/8',
      LOG_LEVEL: 'warn',
    });
    admin = clientOf(url, adminKey);
    await until('the service', 30, async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true);
    keys = { greedy: await tenant('greedy'), other: await tenant('other') };
  });
  after(async () => {
    for (const child of children.toReversed()) await end(child);
    await pool.end();
    await database.drop();
  });

  /** An organization with a history, and a key of it. */
  async function tenant(name: string): Promise<string> {
    const { body: organization } = await admin.post('/v1/organizations', { name });
    const scopes = ['operations:read', 'clusters:read', 'clusters:write', 'schedules:read'];
    const { body: key } = await admin.post('/v1/api-keys', { name, scopes, organizationId: organization.id });
    assert.ok(key.secret, JSON.stringify(key));
    const clusterId = v7();
    await pool.query(
      `insert into cluster (id, organization_id, name, server, created_at, updated_at, revision)
       values ($1, $2, 'cluster', 'https://10.255.255.1', now(), now(), 1)`,
      [clusterId, organization.id],
    );
    const ids = Array.from({ length: operationCount }, () => v7());
    await pool.query(
      `insert into operation (id, organization_id, cluster_id, name, namespace, target, type, engine, parameters, origin, requested_by,
                              phase, conditions, outputs, warnings, created_at, revision)
       select id, $2, $1, 'backup-' || n, 'apps', 'shop', 'Backup', 'velero', '{"snapshotVolumes": true}', 'request', 'key', 'Succeeded',
              '[{"type": "Delivered", "status": "True", "reason": "Applied", "message": "", "lastTransitionTime": "2026-01-01T00:00:00.000Z"}]',
              '{"backupName": "x"}', '[]', now(), 1
       from unnest($3::uuid[]) with ordinality as i(id, n)`,
      [clusterId, organization.id, ids],
    );
    if (name === 'other')
      paths.push(
        '/v1/operations?limit=20',
        '/v1/clusters?limit=20',
        `/v1/operations/${ids[7]}`,
        '/v1/schedules?limit=20',
      );
    return key.secret;
  }

  /** The times of a tenant that asks at its own pace, in milliseconds, whether or not the last answer has come. */
  async function times(): Promise<number[]> {
    const taken: Promise<number>[] = [];
    const statuses = new Set<number>();
    const began = performance.now();
    for (let n = 0; n < roundSeconds * perSecond; n += 1) {
      await sleep(Math.max(0, began + (n * 1000) / perSecond - performance.now()));
      const at = performance.now();
      const headers = { authorization: `Bearer ${keys.other}` };
      taken.push(
        fetch(`${url}${paths[n % paths.length]}`, { headers }).then(
          async (answer) => {
            await answer.text();
            statuses.add(answer.status);
            return performance.now() - at;
          },
          () => {
            statuses.add(0);
            return 0;
          },
        ),
      );
    }
    const all = await Promise.all(taken);
    assert.deepEqual([...statuses], [200]);
    return all;
  }

  async function ratioBeside(flooding: () => Promise<() => Promise<void>>, name: string): Promise<void> {
    await times();
    const ratios: number[] = [];
    const seen: string[] = [];
    const cpuOf = async (round: () => Promise<number[]>) => {
      const [began, from] = [performance.now(), cpuSeconds()];
      const value = p99(await round());
      return { value, cpu: (cpuSeconds() - from) / ((performance.now() - began) / 1000) };
    };
    let alone = await cpuOf(times);
    for (let round = 0; round < roundCount; round += 1) {
      const stop = await flooding();
      await sleep(3_000);
      const beside = await cpuOf(times);
      await stop();
      await sleep(1_000);
      const afterwards = await cpuOf(times);
      const usual = (alone.value + afterwards.value) / 2;
      ratios.push(beside.value / usual);
      const cpu = `${((alone.cpu + afterwards.cpu) / 2).toFixed(2)} -> ${beside.cpu.toFixed(2)} processors`;
      seen.push(`${usual.toFixed(1)} -> ${beside.value.toFixed(1)} ms (${cpu})`);
      alone = afterwards;
    }
    process.stdout.write(`  ${name}: p99 ${seen.join(', ')}; median ratio ${median(ratios).toFixed(2)}\n`);
    assert.ok(median(ratios) <= bound, `${name}: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  }

  const flooded = (kind: string) => async () => {
    const child = start(flood, [kind, url, keys.greedy]);
    await once(child.stdout ?? child, 'data');
    return () => end(child);
  };

  for (const [kind, what] of [
    ['lists', "one key's lists of a hundred"],
    ['document', 'the document, without a key'],
    ['strangers', 'unknown keys'],
    ['kubeconfigs', 'kubeconfigs that are costly to read'],
    ['slow', 'a thousand requests that never arrive'],
  ] as const) {
    test(`take at most twice their time beside a flood of ${what}`, () => ratioBeside(flooded(kind), what));
  }

  test('take at most twice their time beside a cluster that makes Operations without end', async () => {
    const greedy = clientOf(url, keys.greedy);
    let count = 0;
    const flooding = async () => {
      const child = start(endless, []);
      const [text] = await once(child.stdout ?? child, 'data');
      const { server, ca, token } = JSON.parse(String(text));
      count += 1;
      const { body: cluster } = await greedy.post('/v1/clusters', { name: `endless-${count}`, server, ca, token });
      assert.ok(cluster.id, JSON.stringify(cluster));
      const recorded = async () =>
        Number((await pool.query('select count(*) from operation where cluster_id = $1', [cluster.id])).rows[0].count);
      await until('the first of them', 30, async () => (await recorded()) > 0);
      return async () => {
        process.stdout.write(`  recorded of the endless cluster: ${await recorded()}\n`);
        await end(child);
        await greedy.remove(`/v1/clusters/${cluster.id}`);
      };
    };
    await ratioBeside(flooding, 'Operations without end');
  });
});
