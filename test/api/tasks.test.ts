/** Background work as it shows from outside: in metrics, and to the watchdog of another process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool } from 'pg';
import { tasks } from '../../src/tasks.ts';
import { startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';

test('a running service measures each of its tasks, and finds that nobody runs those of a role that is nowhere', async () => {
  const service = await startTestService({ backend: 'postgres', roles: 'api,scheduler' });
  const pool = new Pool({ connectionString: service.databaseUrl, max: 1 });
  try {
    const [ours, theirs] = [
      tasks.filter(({ role }) => role === 'scheduler').map(({ name }) => name),
      tasks.filter(({ role }) => role === 'connector').map(({ name }) => name),
    ];
    assert.ok(ours.length > 5 && theirs.length > 2);
    const text = await until('a success of each', 20, async () => {
      const body = await service.metrics();
      const isThere = (name: string) => body.includes(`backups_task_last_success_timestamp_seconds{task="${name}"}`);
      return ours.every(isThere) && body;
    });
    const value = (metric: string, task: string) =>
      Number(new RegExp(`^${metric}\\{task="${task}"\\} (\\S+)$`, 'm').exec(text)?.[1]);
    for (const name of [...ours, 'report-tasks']) {
      assert.ok(value('backups_task_runs_total', name) >= 1, name);
      assert.equal(value('backups_task_failures_total', name), 0, name);
      assert.equal(value('backups_task_seconds_count', name), value('backups_task_runs_total', name));
      assert.ok(Math.abs(Date.now() / 1000 - value('backups_task_last_success_timestamp_seconds', name)) < 30, name);
    }
    for (const name of theirs) assert.ok(!text.includes(`{task="${name}"}`), name);

    await until('the report of each success', 10, async () => {
      const { rows } = await pool.query('select name from task where last_success_at is not null');
      return rows.length === ours.length;
    });
    await pool.query(`update task set registered_at = registered_at - interval '10 minutes'`);
    const { body } = await service.api.get('/v1/watchdog');
    assert.deepEqual(body.findings.map(({ name }: { name: string }) => name).sort(), theirs.toSorted());
    for (const { whatToDo } of body.findings) assert.match(whatToDo, /No replica runs it.*role connector/);
  } finally {
    await pool.end();
    await service.close();
  }
  assert.ok(!service.logged().includes('a round failed'));
});
