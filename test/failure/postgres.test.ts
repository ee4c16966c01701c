/** PostgreSQL ended at once, without a word, and started again: no acknowledged write is lost, and schedules go on by themselves. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { startCluster } from '../../simulator/index.ts';
import { readConfig } from '../../src/config.ts';
import { startService } from '../../src/context.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { clientOf } from '../support/client.ts';
import { keptLog } from '../support/log.ts';
import { setScene } from '../support/scene.ts';
import { adminKey, oneMachine } from '../support/service.ts';
import { until } from '../support/until.ts';

test('after an immediate restart of PostgreSQL what was acknowledged is there, and fires and deliveries go on', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vworkspace-restart-'));
  await chmod(folder, 0o711);
  let postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres') });
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
  const { log } = keptLog();
  const config = readConfig({
    DATABASE_URL: postgres.url,
    PORT: '0',
    ...oneMachine,
    DATA_FOLDER: folder,
    ADMIN_API_KEY: adminKey,
    SHUTDOWN_SECONDS: '10',
  });
  const service = await startService(config, { log });
  t.after(async () => {
    await service.close();
    await cluster.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const api = clientOf(service.url ?? '', adminKey);
  const { applicationInstanceId } = await setScene(api, cluster);
  const schedule = await api.post('/v1/schedules', {
    applicationInstanceId,
    name: 'often',
    schedule: '* * * * *',
    concurrencyPolicy: 'Allow',
  });
  const acknowledged: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const answer = await api.post('/v1/operations', { applicationInstanceId, type: 'Backup', name: `wanted-${n}` });
    assert.equal(answer.status, 201);
    acknowledged.push(answer.body.operation.id);
  }

  process.kill(postgres.pid, 'SIGQUIT');
  await until('the end of PostgreSQL', 10, () => {
    try {
      process.kill(postgres.pid, 0);
      return false;
    } catch {
      return true;
    }
  });
  const away = await api.get('/v1/operations');
  assert.deepEqual([away.status, away.body.code], [503, 'temporarily-unavailable']);
  await postgres.stop();
  postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), port: postgres.port });

  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`update schedule set next_slot_at = date_trunc('minute', now()), next_fire_at = now()`);
  await client.end();
  await until('a fire after the restart', 20, async () => {
    const { status, body } = await api.get(`/v1/operations?scheduleId=${schedule.body.id}`);
    return status === 200 && body.items.length >= 1;
  });
  for (const id of acknowledged) {
    await until(`the backup ${id}`, 30, async () => (await api.get(`/v1/operations/${id}`)).body.phase === 'Succeeded');
  }
});
