import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { assertProblem, startApi } from './harness.ts';

describe('the service itself', () => {
  test('liveness checks nothing, readiness checks every part, and neither needs a key', async () => {
    let checks = [{ name: 'database', ok: true, detail: 'fine' }];
    const api = await startApi({ ready: async () => checks });
    try {
      assert.deepEqual((await api.call('GET', '/livez', { key: null })).body, { status: 'alive' });
      assert.deepEqual((await api.call('GET', '/readyz', { key: null })).body, { status: 'ready', checks });
      checks = [{ name: 'database', ok: false, detail: 'It does not answer.' }];
      const unready = await api.call('GET', '/readyz', { key: null });
      assertProblem(unready, 503, 'temporarily-unavailable');
      assert.deepEqual(unready.body.checks, checks);
      assert.equal((await api.call('GET', '/livez', { key: null })).status, 200);
      assertProblem(await api.call('GET', '/metrics', { key: null }), 404);
    } finally {
      await api.close();
    }
  });

  test('a part that requests can do without only degrades it, and a role is ready by its own work', async () => {
    const queue = { name: 'queue', ok: false, detail: 'It is away.', isDispensable: true };
    const tick = { name: 'tick', ok: false, detail: 'It last succeeded 61 s ago.' };
    const api = await startApi({
      ready: async () => [{ name: 'database', ok: true }, queue],
      roleReady: (role) => (role === 'scheduler' ? Promise.resolve([{ name: 'database', ok: true }, tick]) : undefined),
    });
    try {
      const { isDispensable: _isDispensable, ...shown } = queue;
      const degraded = await api.call('GET', '/readyz', { key: null });
      assert.deepEqual(
        [degraded.status, degraded.body],
        [200, { status: 'degraded', checks: [{ name: 'database', ok: true }, shown] }],
      );
      const idle = await api.call('GET', '/readyz/scheduler', { key: null });
      assertProblem(idle, 503, 'temporarily-unavailable');
      assert.match(idle.body.detail, /tick/);
      assert.deepEqual(idle.body.checks[1], tick);
      assertProblem(await api.call('GET', '/readyz/connector', { key: null }), 404, 'not-found');
      assertProblem(await api.call('GET', '/readyz/boss', { key: null }), 400, 'invalid-request');
    } finally {
      await api.close();
    }
  });

  test('liveness asks for a restart when work is mute, and says which', async () => {
    let mute: string | undefined = 'tick has neither succeeded nor failed for 300 s.';
    const api = await startApi({ muteWork: () => mute });
    try {
      const answer = await api.call('GET', '/livez', { key: null });
      assertProblem(answer, 503, 'temporarily-unavailable');
      assert.match(answer.body.detail, /Restart.*tick/);
      mute = undefined;
      assert.equal((await api.call('GET', '/livez', { key: null })).status, 200);
    } finally {
      await api.close();
    }
  });

  test('parts that cannot be checked make it unready, and only the log says why', async () => {
    const api = await startApi({ ready: () => Promise.reject(new Error('secret address 10.1.2.3')) });
    try {
      const unready = await api.call('GET', '/readyz', { key: null });
      assertProblem(unready, 503);
      assert.doesNotMatch(unready.text, /10\.1\.2\.3/);
      assert.match(api.logged(), /10\.1\.2\.3/);
    } finally {
      await api.close();
    }
  });

  test('a defect is a 500 with no more than the id under which the log has it', async () => {
    let broken = false;
    const defect = () => Promise.reject(new TypeError('select secret from /etc/passwd'));
    const api = await startApi({ clock: { now: async () => (broken ? defect() : new Date().toISOString()) } });
    try {
      broken = true;
      const answer = await api.call('POST', '/v1/organizations', { body: { name: 'x' } });
      assertProblem(answer, 500, 'internal-error');
      assert.doesNotMatch(answer.text, /passwd|TypeError/);
      assert.match(api.logged(), new RegExp(`${answer.body.requestId}.*passwd`));
    } finally {
      await api.close();
    }
  });

  test('while the database cannot be reached everything is 503 with Retry-After, and works again afterwards', async () => {
    const api = await startApi();
    const url = new URL(String(process.env.TEST_DATABASE_URL));
    const name = String((await api.opened.pool.query('select current_database() as name')).rows[0].name);
    const server = new pg.Client({ connectionString: url.href });
    await server.connect();
    try {
      await server.query(`alter database ${name} allow_connections false`);
      await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      for (const [method, path] of [
        ['GET', '/v1/clusters'],
        ['POST', '/v1/organizations'],
      ] as const) {
        const answer = await api.call(method, path, method === 'POST' ? { body: { name: 'x' } } : {});
        assertProblem(answer, 503, 'temporarily-unavailable');
        assert.equal(answer.headers['retry-after'], '2');
      }
      assert.equal((await api.call('GET', '/livez')).status, 200);
      await server.query(`alter database ${name} allow_connections true`);
      assert.equal((await api.call('GET', '/v1/clusters')).status, 200);
    } finally {
      await server.query(`alter database ${name} allow_connections true`);
      await server.end();
      await api.close();
    }
  });
});
