import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { v7 } from 'uuid';
import { recoveryPointPage } from '../../src/postgres/protection/recovery-points.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene, succeeded } from './scene.ts';

const degraded = JSON.stringify([
  {
    type: 'Degraded',
    status: 'True',
    reason: 'PartialFailure',
    message: '',
    lastTransitionTime: '2026-05-28T10:00:00Z',
  },
]);

describe('recovery points', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const list = async (query = '', key = api.adminKey) => {
    const answer = await api.call('GET', `/v1/recovery-points?${query}`, { key });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.items;
  };
  const ids = async (query = '') => (await list(query)).map((point: { operationId: string }) => point.operationId);

  test('are the copies that a restore can use, and nothing else is offered', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene));
    await succeeded(api, scene, { set: `phase = 'Failed'` });
    await succeeded(api, scene, { set: `type = 'Restore'` });
    await succeeded(api, scene, { startedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-02T00:00:00Z' });
    const good = await succeeded(api, scene, {
      set: `outputs = '{"backupItemCount": "1342", "backupSizeBytes": "53687091200", "storageLocation": "aws-primary"}'`,
    });
    const partial = await succeeded(api, scene, { set: `conditions = '${degraded}'` });
    const items = await list();
    assert.deepEqual(
      items.map((point: Record<string, unknown>) => [point.operationId, point.partial, point.itemCount]),
      [
        [partial, true, undefined],
        [good, false, 1342],
      ],
    );
    const one = await api.call('GET', `/v1/recovery-points/${good}`);
    assert.deepEqual(one.body, items[1]);
    assert.deepEqual(
      [one.body.sizeBytes, one.body.storageLocation, one.body.ttl, one.body.ttlSource],
      [53687091200, 'aws-primary', '720h', 'applicationClass'],
    );
    assert.equal(Date.parse(one.body.collectedBy) - Date.parse(one.body.expiresAt), 3_600_000);
    assertProblem(await api.call('GET', `/v1/recovery-points/${operation.id}`), 404, 'not-found');
  });

  test('filters narrow the list, and `at` tells what could be restored at that moment', async () => {
    const old = await succeeded(api, scene, { startedAt: '2026-03-01T00:00:00Z', expiresAt: '2026-03-03T00:00:00Z' });
    const all = await ids();
    assert.ok(!all.includes(old));
    assert.deepEqual(await ids('at=2026-03-02T00:00:00Z'), [old]);
    assert.deepEqual(await ids('at=2026-03-01T02:03:59.999%2B02:00'), [], 'not finished yet');
    assert.deepEqual(await ids('at=2026-03-01T02:04:00%2B02:00'), [old]);
    assert.deepEqual(await ids('at=2026-03-02T23:59:59.999Z'), [old]);
    assert.deepEqual(await ids('at=2026-03-03T00:00:00Z'), [], 'expired');
    assert.deepEqual(await ids('at=1970-01-01T00:00:00Z'), []);
    assert.deepEqual(await ids('at=2999-12-31T00:00:00-23:59'), []);
    assert.deepEqual(
      await ids(`applicationInstanceId=${scene.applicationInstanceId}&clusterId=${scene.clusterId}`),
      all,
    );
    assert.deepEqual(await ids('namespace=org-myteam'), all);
    for (const none of ['namespace=other', `scheduleId=${v7()}`, `clusterId=${v7()}`, `applicationInstanceId=${v7()}`])
      assert.deepEqual(await ids(none), [], none);
  });

  test('pages show each once, the newest first, while others are made and expire', async () => {
    const made: string[] = [];
    for (let n = 0; n < 9; n += 1)
      made.push(await succeeded(api, scene, { startedAt: '2026-02-01T00:00:00Z', expiresAt: '2026-02-20T00:00:00Z' }));
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await api.call('GET', `/v1/recovery-points?at=2026-02-10T00:00:00Z&limit=2${cursor}`);
      seen.push(...body.items.map((point: { operationId: string }) => point.operationId));
      if (body.nextCursor === undefined) break;
      cursor = `&cursor=${body.nextCursor}`;
      await succeeded(api, scene, { startedAt: '2026-02-01T00:00:00Z', expiresAt: '2026-02-20T00:00:00Z' });
    }
    assert.deepEqual(seen, made.toReversed());
    assert.deepEqual(await ids('at=2026-02-10T00:00:00Z&orderBy=createdAt&limit=9'), made);
  });

  test("another organization's copies are not there", async () => {
    const [id] = await ids();
    assert.deepEqual(await list('', api.otherKey), []);
    assertProblem(await api.call('GET', `/v1/recovery-points/${id}`, { key: api.otherKey }), 404, 'not-found');
  });

  test('a page deep in 20,000 copies, most of them expired, is read in order from an index', async () => {
    const { pool } = api.opened;
    await pool.query(
      `insert into operation (id, organization_id, cluster_id, application_instance_id, name, namespace, target, type, engine, parameters, ttl,
                              origin, requested_by, phase, conditions, outputs, warnings, created_at, finished_at, expires_at, revision)
       select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, organization_id, cluster_id, application_instance_id, 'old-' || n, namespace,
              target, type, engine, parameters, ttl, origin, requested_by, phase, '[]', '{}', '[]', created_at, '2020-01-01', case when n % 20 = 0 then now() + interval '30 days' else '2020-02-01' end, 1
       from operation, generate_series(1, 20000) n where id = $1`,
      [(await ids())[0]],
    );
    await pool.query('analyze operation');
    const { rows } = await pool.query('select organization_id from operation limit 1');
    const now = new Date().toISOString();
    const page = { limit: 200, descending: true, cursor: '00000000-0000-7000-8000-000000010000' };
    const plans = [page, { ...page, where: { applicationInstanceId: scene.applicationInstanceId } }].map((query) =>
      recoveryPointPage(rows[0].organization_id, query, now),
    );
    for (const { text, values } of plans) {
      const explained = await pool.query(`explain (analyze, format json) ${text}`, [...values]);
      const [{ Plan: plan }] = explained.rows[0]['QUERY PLAN'];
      const told = JSON.stringify(plan);
      assert.match(told, /Index Scan/, told);
      assert.doesNotMatch(told, /Seq Scan|"Sort"/, told);
      assert.equal(plan['Actual Rows'], 201);
    }
  });
});
