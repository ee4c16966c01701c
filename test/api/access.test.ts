import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { apiDocument } from '../../src/http/openapi/document.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { access, backup, setScene, succeeded } from './scene.ts';

const document = await apiDocument(pino({ enabled: false }));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);
const guarded = operations.filter(
  (operation) => operation.path.startsWith('/v1/') && operation['x-required-scope'] !== 'public',
);

describe('callers of the API', () => {
  let api: TestApi;
  /** What belongs to the first organization, by the first part of the path. */
  let ids: Record<string, string>;
  before(async () => {
    api = await startApi();
    const scene = await setScene(api);
    const schedule = await api.make('/v1/schedules', {
      applicationInstanceId: scene.applicationInstanceId,
      name: 'nightly',
      schedule: '0 2 * * *',
    });
    const { operation } = await api.make('/v1/operations', backup(scene));
    const key = await api.make('/v1/api-keys', { name: 'spare', scopes: ['clusters:read'] });
    await api.call('PUT', `/v1/application-classes/${scene.applicationClassId}/retention-override`, {
      body: { daily: '48h' },
    });
    const window = await api.make('/v1/blackout-windows', { name: 'nights', from: '22:00', to: '06:00' });
    const plan = await api.make('/v1/protection-plans', {
      name: 'gold',
      entries: [{ name: 'daily', schedule: '0 2 * * *', ttl: '720h' }],
    });
    ids = {
      'protection-plans': plan.id,
      'blackout-windows': window.id,
      organizations: key.organizationId,
      'api-keys': key.id,
      'application-instances': scene.applicationInstanceId,
      'application-classes': scene.applicationClassId,
      clusters: scene.clusterId,
      schedules: schedule.id,
      operations: operation.id,
      'recovery-points': await succeeded(api, scene),
    };
  });
  after(() => api.close());

  const addressOf = (path: string) =>
    path
      .replace('{id}', ids[path.split('/')[2] ?? ''] ?? '')
      .replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000001');

  test('without a valid key every route refuses alike, before it reads the body', async () => {
    const bad = [
      '',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      `Token ${api.adminKey}`,
      `Bearer ${api.adminKey}x`,
      'Bearer vwb_',
      `Bearer ${'x'.repeat(5000)}`,
      'Bearer a b',
    ];
    for (const { method, path } of guarded) {
      for (const authorization of [undefined, bad[Math.floor(Math.random() * bad.length)]]) {
        const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) };
        const answer = await api.call(method, addressOf(path), {
          key: null,
          headers,
          ...(method !== 'GET' && { body: '{broken' }),
        });
        assertProblem(answer, 401, 'unauthenticated');
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
    }
    for (const authorization of bad)
      assertProblem(await api.call('GET', '/v1/clusters', { key: null, headers: { authorization } }), 401);
  });

  test('revoked and expired keys are refused from the next request on', async () => {
    const key = await api.make('/v1/api-keys', {
      name: 'short',
      scopes: ['clusters:read'],
      expiresAt: '2999-01-01T00:00:00+02:00',
    });
    assert.equal(key.expiresAt, '2998-12-31T22:00:00.000Z');
    assert.equal((await api.call('GET', '/v1/clusters', { key: key.secret })).status, 200);
    await api.opened.pool.query(`update api_key set expires_at = now() - interval '1 ms' where id = $1`, [key.id]);
    assertProblem(await api.call('GET', '/v1/clusters', { key: key.secret }), 401);
    const other = await api.make('/v1/api-keys', { name: 'gone', scopes: ['clusters:read'] });
    const revoked = await api.call('POST', `/v1/api-keys/${other.id}/revoke`);
    assert.ok(revoked.body.revokedAt);
    assert.deepEqual((await api.call('POST', `/v1/api-keys/${other.id}/revoke`)).body, revoked.body);
    assertProblem(await api.call('GET', '/v1/clusters', { key: other.secret }), 401);
  });

  test('every route asks for the scope that it documents, and for no other', async () => {
    const { secret: none } = await api.make('/v1/api-keys', { name: 'reads-keys', scopes: ['api-keys:read'] });
    for (const { method, path, operationId, ...operation } of guarded) {
      const scope = operation['x-required-scope'];
      const answer = await api.call(method, addressOf(path), { key: none });
      if (scope === 'anyKey' || scope === 'api-keys:read') assert.notEqual(answer.status, 403, operationId);
      else assertProblem(answer, 403, 'forbidden');
      if (scope === 'anyKey' || scope === 'platform:admin') continue;
      const { secret } = await api.make('/v1/api-keys', { name: operationId, scopes: [scope] });
      assert.notEqual(
        (
          await api.call(method, addressOf(path.replace('{id}', '00000000-0000-4000-8000-000000000000')), {
            key: secret,
          })
        ).status,
        403,
        operationId,
      );
    }
  });

  test("a blackout window is for a cluster or a schedule of one's own organization", async () => {
    const night = { from: '22:00', to: '06:00' };
    for (const [field, id] of [
      ['clusterId', ids.clusters],
      ['scheduleId', ids.schedules],
    ] as const) {
      const body = { name: `of-another-${field}`, ...night, [field]: id };
      const answer = await api.call('POST', '/v1/blackout-windows', { body, key: api.otherKey });
      assertProblem(answer, 422, 'rule-violated');
      assert.equal(answer.body.errors[0].pointer, `/${field}`);
      await api.make('/v1/blackout-windows', { ...body, name: `own-${field}` });
    }
    assert.deepEqual((await api.call('GET', '/v1/blackout-windows', { key: api.otherKey })).body.items, []);
  });

  test('every route that takes an id answers 404 for one of another organization', async () => {
    const shared = (path: string) => path === '/v1/application-classes/{id}';
    const all = guarded.filter(
      ({ path, ...operation }) =>
        path.includes('{id}') && !shared(path) && operation['x-required-scope'] !== 'platform:admin',
    );
    assert.ok(all.length >= 20);
    for (const { method, path, requestBody } of all) {
      const own = await api.call(method === 'GET' ? 'GET' : 'OPTIONS', addressOf(path));
      assert.ok(own.status < 300, `${method} ${path}: ${own.text}`);
      const [example] = Object.values(requestBody?.content['application/json']?.examples ?? {});
      const foreign = { key: api.otherKey, ...(example !== undefined && { body: example.value }) };
      const conditional = method === 'GET' || method === 'POST' ? {} : { 'if-match': '"1"' };
      const answer = await api.call(method, addressOf(path), { ...foreign, headers: conditional });
      if (path.endsWith('/retention-override') && method === 'PUT')
        assert.equal(answer.status, 200, 'its own override of a shared class');
      else if (path.endsWith('/retention-override') && method === 'DELETE')
        assert.equal(answer.status, 204, 'its own override');
      else assertProblem(answer, 404, 'not-found');
    }
    for (const [kind, id] of Object.entries(ids)) {
      const answer = await api.call('GET', `/v1/${kind}?limit=200`, { key: api.otherKey });
      if (kind !== 'application-classes') assert.ok(!answer.text.includes(id), kind);
    }
    const override = await api.call('GET', `/v1/application-classes/${ids['application-classes']}/retention-override`);
    assert.deepEqual(override.body.retention, { daily: '48h' });
  });

  test('ids of another organization have no effect in bodies and filters either', async () => {
    const key = api.otherKey;
    const instance = ids['application-instances'];
    for (const [path, body] of [
      ['/v1/operations', { applicationInstanceId: instance, type: 'Backup' }],
      ['/v1/schedules', { applicationInstanceId: instance, name: 'x', schedule: '@daily' }],
      [
        '/v1/application-instances',
        { clusterId: ids.clusters, applicationClassId: ids['application-classes'], namespace: 'x', name: 'x' },
      ],
    ] as const) {
      assertProblem(await api.call('POST', path, { body, key }), 422, 'rule-violated');
    }
    for (const query of [`operations?clusterId=${ids.clusters}`, `schedules?applicationInstanceId=${instance}`]) {
      assert.deepEqual((await api.call('GET', `/v1/${query}`, { key })).body, { items: [] });
    }
  });

  test('a key gives only scopes that it has, and only platform:admin gives them to other organizations', async () => {
    const key = api.otherKey;
    assertProblem(
      await api.call('POST', '/v1/api-keys', { key, body: { name: 'up', scopes: ['platform:admin'] } }),
      403,
      'forbidden',
    );
    const foreign = { name: 'over', scopes: ['clusters:read'], organizationId: ids.organizations };
    assertProblem(await api.call('POST', '/v1/api-keys', { key, body: foreign }), 403, 'forbidden');
    const past = { name: 'past', scopes: ['clusters:read'], expiresAt: '2020-01-01T00:00:00Z' };
    assertProblem(await api.call('POST', '/v1/api-keys', { body: past }), 422, 'rule-violated');
  });

  test('a key that expires makes none that outlives it', async () => {
    const expiresAt = '2990-01-01T00:00:00.000Z';
    const scopes = ['api-keys:write', 'clusters:read'];
    const { secret: key } = await api.make('/v1/api-keys', { name: 'until 2990', scopes, expiresAt });
    const make = (name: string, more: object) =>
      api.call('POST', '/v1/api-keys', { key, body: { name, scopes: ['clusters:read'], ...more } });
    for (const more of [{}, { expiresAt: '2990-01-01T00:00:00.001Z' }, { expiresAt: '2991-01-01T00:00:00+14:00' }]) {
      const refused = await make('longer', more);
      assertProblem(refused, 422, 'rule-violated');
      assert.deepEqual(pointersOf(refused), ['/expiresAt']);
      assert.match(refused.body.detail, /2990-01-01/);
    }
    assert.equal((await make('as long', { expiresAt })).status, 201);
    assert.equal((await make('shorter', { expiresAt: '2989-01-01T00:00:00Z' })).status, 201);
  });

  test('a key sees its own organization, and one with platform:admin sees all', async () => {
    const own = await api.call('GET', '/v1/organizations', { key: api.otherKey });
    assert.deepEqual(
      own.body.items.map(({ name }: { name: string }) => name),
      ['other'],
    );
    assert.equal((await api.call('GET', '/v1/organizations')).body.items.length, 2);
    const { id } = own.body.items[0];
    for (const key of [api.otherKey, api.adminKey])
      assert.equal((await api.call('GET', `/v1/organizations/${id}`, { key })).body.id, id);
  });

  test('no secret is in any later answer, in the log, or in the clear in the database', async () => {
    const made = await api.call('POST', '/v1/api-keys', {
      body: { name: 'canary', scopes: ['clusters:read'] },
      headers: { 'idempotency-key': 'canary' },
    });
    const { secret } = made.body;
    const answers: string[] = [];
    for (const { method, path } of guarded.filter(({ method }) => method === 'GET'))
      answers.push((await api.call(method, addressOf(path))).text);
    const { rows } = await api.opened.pool.query(
      `select to_jsonb(t)::text as row from (select * from idempotency_key) t union all select to_jsonb(k)::text from api_key k union all select to_jsonb(c)::text from cluster_credential c`,
    );
    const everything = [...answers, api.logged(), ...rows.map(({ row }) => row)].join('\n');
    for (const canary of [secret, api.adminKey, access.token]) assert.ok(!everything.includes(canary));
    assert.deepEqual(
      (
        await api.call('POST', '/v1/api-keys', {
          body: { name: 'canary', scopes: ['clusters:read'] },
          headers: { 'idempotency-key': 'canary' },
        })
      ).body,
      made.body,
    );
  });
});
