/**
 * The whole service killed with SIGKILL again and again, at random moments, while a schedule fires and backups are
 * asked for: what was acknowledged happens, once each.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { startCluster } from '../../simulator/index.ts';
import { clientOf } from './client.ts';
import { freshDatabase } from './database.ts';
import { freePort } from './port.ts';
import { setScene } from './scene.ts';
import { adminKey, oneMachine, secretsKey } from './service.ts';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export async function liveThroughKills(t: TestContext, kills: number): Promise<void> {
  const database = await freshDatabase();
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
  const port = await freePort();
  const pool = new Pool({ connectionString: database.url, max: 1 });
  const api = clientOf(`http://127.0.0.1:${port}`, adminKey);
  let child: ChildProcess | undefined;
  t.after(async () => {
    child?.kill('SIGKILL');
    await pool.end();
    await cluster.close();
    await database.drop();
  });

  const start = async () => {
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      ...oneMachine,
      PORT: String(port),
      ADMIN_API_KEY: adminKey,
      SECRETS_KEY: secretsKey,
      LOG_LEVEL: 'error',
    };
    child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'ignore'] });
    await until('the service', 20, () =>
      api.get('/readyz').then(
        (answer) => answer.status === 200,
        () => false,
      ),
    );
  };
  const kill = async () => {
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child?.kill('SIGKILL');
    await ended;
  };

  await start();
  const { applicationInstanceId } = await setScene(api, cluster);
  const schedule = await api.post('/v1/schedules', {
    applicationInstanceId,
    name: 'often',
    schedule: '0 0 1 1 *',
    concurrencyPolicy: 'Allow',
  });
  const isFired = async () => (await pool.query('select next_fire_at > now() as done from schedule')).rows[0].done;
  const isCalled = async () => (await pool.query('select from operation where lease_id is not null')).rows.length > 0;
  // At random, and as soon as something is seen that a kill must not leave half done.
  const moments: readonly (() => Promise<unknown>)[] = [
    () => sleep(Math.random() * 400),
    () => until('the fire of the round', 20, isFired),
    () => until('a call', 20, isCalled),
  ];
  cluster.inject({ kind: 'slow', ms: 300, verbs: ['patch'] });
  const acknowledged: string[] = [];
  for (let round = 0; round < kills; round += 1) {
    // A slot of its own to be killed in, and no other that is due: of several that were missed only the latest fires.
    await pool.query(
      `update schedule set next_slot_at = date_trunc('second', now()) - $1 * interval '1 minute', next_fire_at = now()`,
      [kills - round],
    );
    const killed = moments[round % moments.length]?.().then(kill);
    const name = `wanted-${round}`;
    const answer = await api
      .post('/v1/operations', { applicationInstanceId, type: 'Backup', name })
      .catch(() => undefined);
    if (answer?.status === 201) acknowledged.push(name);
    await killed;
    await start();
    await until('the fire of the round', 20, isFired);
  }
  await until('every Operation to end', 60, async () => {
    const { rows } = await pool.query(
      `select count(*)::int as count from operation where phase in ('Pending', 'Running')`,
    );
    return rows[0].count === 0;
  });
  const { rows } = await pool.query('select name, phase, schedule_id, scheduled_for from operation');
  assert.deepEqual(
    acknowledged.filter((name) => !rows.some((row) => row.name === name && row.phase === 'Succeeded')),
    [],
  );
  const fired = rows
    .filter((row) => row.schedule_id === schedule.body.id)
    .map((row) => row.scheduled_for.toISOString());
  assert.deepEqual([fired.length, new Set(fired).size], [kills, kills]);
  const names = cluster
    .list('operations', 'org-myteam')
    .map((resource) => (resource as { metadata: { name: string } }).metadata.name);
  assert.deepEqual(names.toSorted(), rows.map((row) => row.name).toSorted());
  const { rows: ledger } = await pool.query('select count(*)::int as count from fire where operation_id is not null');
  assert.equal(ledger[0].count, fired.length);
}
