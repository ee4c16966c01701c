import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { apiDocument } from '../../src/http/openapi/document.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, setScene } from './scene.ts';

const madeUp = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6aff';

describe('a refusal says where a request is wrong', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const schedule = (more: object) => ({
    applicationInstanceId: scene.applicationInstanceId,
    name: 'nightly',
    schedule: '0 2 * * *',
    ...more,
  });
  const refused = async (path: string, body: unknown, status: number, pointers: readonly string[], detail?: RegExp) => {
    const answer = await api.call('POST', path, { body });
    assertProblem(answer, status, status === 400 ? 'invalid-request' : 'rule-violated');
    assert.deepEqual(pointersOf(answer).sort(), [...pointers].sort(), answer.text);
    if (detail !== undefined) assert.match(answer.body.errors[0].detail, detail);
  };

  test('every example of the document is taken, but for the ids that it makes up', async () => {
    const document = await apiDocument(pino({ enabled: false }));
    const { clusterId } = await setScene(api, 'org-agent', api.adminKey, '-agent');
    const { token } = await api.make(`/v1/clusters/${clusterId}/agent-token`, undefined);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { operationId, requestBody, ...operation }] of Object.entries(item)) {
        for (const { value } of Object.values(requestBody?.content['application/json']?.examples ?? {})) {
          if (operation['x-required-scope'] === 'agentToken') {
            assert.equal((await api.call('POST', path, { body: value, key: token })).status, 204, operationId);
            continue;
          }
          const answer = await api.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, madeUp), { body: value });
          const told = `${operationId}: ${answer.text}`;
          if (answer.status === 422)
            assert.match(pointersOf(answer).join(), /^\/(applicationInstance|cluster)Id$/, told);
          else assert.ok([200, 201, 404].includes(answer.status) || answer.body.code === 'already-exists', told);
        }
      }
    }
  });

  test('another shape is 400: unknown, missing and wrongly typed fields', async () => {
    await refused(
      '/v1/schedules',
      schedule({ timezone: 'Europe/Berlin' }),
      400,
      ['/timezone'],
      /did you mean timeZone/,
    );
    await refused('/v1/schedules', schedule({ paused: true }), 400, ['/paused'], /^is not known here\.$/);
    await refused('/v1/schedules', schedule({ suspend: 'no' }), 400, ['/suspend'], /must be a boolean, not a string/);
    await refused('/v1/schedules', schedule({ cadence: 3 }), 400, ['/cadence']);
    await refused('/v1/schedules', {}, 400, ['/applicationInstanceId', '/name'], /^is needed\.$/);
    for (const body of ['[]', '"text"', '7']) await refused('/v1/schedules', body, 400, [''], /must be an object/);
    for (const body of [undefined, 'null']) await refused('/v1/schedules', body, 400, [''], /is needed/);
  });

  test('a value that breaks a rule is 422', async () => {
    await refused('/v1/schedules', schedule({ schedule: '0 2 30 2 *' }), 422, ['/schedule'], /never fires/);
    await refused('/v1/schedules', schedule({ schedule: '0 2 * *' }), 422, ['/schedule'], /five fields/);
    await refused('/v1/schedules', schedule({ schedule: '99 2 * * *' }), 422, ['/schedule']);
    await refused('/v1/schedules', schedule({ timeZone: 'Europe/Atlantis' }), 422, ['/timeZone'], /IANA/);
    for (const ttl of ['30d', '0h', '1.5h', '720', '90m', '999999h', '-1h', '720H'])
      await refused('/v1/schedules', schedule({ ttl }), 422, ['/ttl']);
    for (const name of ['Nightly', 'a_b', '-a', 'a-', '', 'a'.repeat(64), 'a.b', 'ä'])
      await refused('/v1/schedules', schedule({ name }), 422, ['/name']);
    await refused('/v1/schedules', schedule({ cadence: 'fortnightly' }), 422, ['/cadence'], /one of hourly/);
    await refused('/v1/operations', backup(scene, { type: 'Upgrade' }), 422, ['/type']);
    await refused(
      '/v1/operations',
      backup(scene, { type: 'Restore', ttl: '720h', parameters: { backupName: 'b' } }),
      422,
      ['/ttl'],
    );
    await refused('/v1/operations', backup(scene, { parameters: { namespaceMapping: { 'A B': 'x' } } }), 422, [
      '/parameters/namespaceMapping/A B',
    ]);
    await refused('/v1/clusters', { name: 'x', server: 'http://x', ca: 'x', token: 'a b' }, 422, [
      '/server',
      '/ca',
      '/token',
    ]);
    await refused('/v1/clusters', { name: 'x', ...access, kubeconfig: 'a: b' }, 422, ['/kubeconfig']);
  });

  test('when both are wrong it is 400, and lists both', async () => {
    await refused('/v1/schedules', schedule({ ttl: '30d', colour: 'red' }), 400, ['/ttl', '/colour']);
  });

  test('a parameter that no operator accepts is refused with a hint at what to use instead', async () => {
    const parameters = {
      ttl: '720h',
      retention: '30d',
      storageClassMapping: {},
      defaultVolumesToFsBackup: true,
      hooks: {},
      snapshotVolume: true,
    };
    const answer = await api.call('POST', '/v1/operations', { body: backup(scene, { parameters }) });
    assertProblem(answer, 400, 'invalid-request');
    assert.deepEqual(
      pointersOf(answer),
      Object.keys(parameters).map((key) => `/parameters/${key}`),
    );
    const details = answer.body.errors.map(({ detail }: { detail: string }) => detail);
    assert.match(details[0], /beside `parameters`/);
    assert.match(details[2], /ConfigMap/);
    assert.match(details[5], /did you mean snapshotVolumes/);
    await refused(
      '/v1/schedules',
      schedule({ template: { parameters: { ttl: '1h' } } }),
      400,
      ['/template/parameters/ttl'],
      /beside/,
    );
  });

  test('pointers are escaped and bounded, whatever a key is called', async () => {
    await refused('/v1/schedules', schedule({ 'a/b~c': 1 }), 400, ['/a~1b~0c']);
    const answer = await api.call('POST', '/v1/schedules', {
      body: schedule(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}${'k'.repeat(300)}`, 1]))),
    });
    assertProblem(answer, 400);
    assert.ok(answer.text.length < 20_000);
  });

  test('parameters of path, query and headers are 400', async () => {
    for (const [path, pointer] of [
      ['/v1/clusters/nonsense', 'path/id'],
      ['/v1/clusters?limit=0', 'query/limit'],
      ['/v1/clusters?limit=201', 'query/limit'],
      ['/v1/clusters?limit=1e2', 'query/limit'],
      ['/v1/clusters?limit=', 'query/limit'],
      ['/v1/clusters?limit=5&limit=6', 'query/limit'],
      ['/v1/clusters?orderBy=name', 'query/orderBy'],
      ['/v1/clusters?offset=3', 'query/offset'],
      ['/v1/clusters?cursor=garbage', 'query/cursor'],
      ['/v1/clusters?cursor=%00', 'query/cursor'],
      ['/v1/operations?clusterId=1', 'query/clusterId'],
      ['/v1/operations?phase=Done', 'query/phase'],
      ['/v1/operations?namespace=%00', 'query/namespace'],
      ['/v1/schedules?suspend=1', 'query/suspend'],
    ] as const) {
      const answer = await api.call('GET', path);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointersOf(answer), [pointer], path);
    }
    const long = { 'idempotency-key': 'k'.repeat(256) };
    assert.deepEqual(pointersOf(await api.call('POST', '/v1/operations', { body: backup(scene), headers: long })), [
      'header/Idempotency-Key',
    ]);
    const person = { 'x-on-behalf-of': 'x'.repeat(201) };
    assert.deepEqual(pointersOf(await api.call('GET', '/v1/clusters', { headers: person })), ['header/X-On-Behalf-Of']);
    const [match] = pointersOf(
      await api.call('PATCH', `/v1/clusters/${scene.clusterId}`, { body: {}, headers: { 'if-match': '1' } }),
    );
    assert.equal(match, 'header/If-Match');
  });

  test('a body that cannot be read is refused, and never reaches the database', async () => {
    const json = { 'content-type': 'application/json' };
    const bodies: readonly (readonly [string | Buffer, number, string])[] = [
      ['{"name": ', 400, 'malformed-request'],
      ['{"name": "x"}}', 400, 'malformed-request'],
      [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed-request'],
      ['{"__proto__": {"name": "x"}}', 400, 'malformed-request'],
      ['{"constructor": {"prototype": {"name": "x"}}}', 400, 'malformed-request'],
      [String.raw`{"name": "a\u0000b"}`, 400, 'malformed-request'],
      [String.raw`{"a\u0000": 1}`, 400, 'malformed-request'],
      [String.raw`{"name": "\ud800"}`, 400, 'malformed-request'],
      [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'invalid-request'],
      [`{"name": "${'x'.repeat(300 * 1024)}"}`, 413, 'body-too-large'],
    ];
    for (const [body, status, code] of bodies)
      assertProblem(await api.call('POST', '/v1/organizations', { body, headers: json }), status, code);
  });

  test('only plain uncompressed JSON is accepted; an empty body of any type counts as none', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      'nonsense',
    ]) {
      assertProblem(
        await api.call('POST', '/v1/organizations', { body: '{"name":"x"}', headers: { 'content-type': type } }),
        415,
        'unsupported-media-type',
      );
    }
    assertProblem(
      await api.call('POST', '/v1/organizations', { body: '{}', headers: { 'content-encoding': 'gzip' } }),
      415,
    );
    const { operation } = await api.make('/v1/operations', backup(scene));
    const path = `/v1/operations/${operation.id}/cancel`;
    const unexpected = await api.call('POST', path, { body: { force: true } });
    assertProblem(unexpected, 400, 'invalid-request');
    assert.equal((await api.call('POST', path, { headers: { 'content-type': 'application/json' } })).status, 200);
  });

  test('an unknown address is 404, an unknown method 405 with Allow', async () => {
    for (const path of ['/', '/v1', '/v1/nothing', '/v1/clusters/x/y/z', `/v1/clusters/${'x'.repeat(500)}`]) {
      assertProblem(await api.call('GET', path, { key: null }), 404, 'not-found');
    }
    assertProblem(await api.call('GET', '/v1/clusters/%zz'), 400, 'malformed-request');
    const answer = await api.call('PUT', '/v1/clusters', { body: '{broken' });
    assertProblem(answer, 405, 'method-not-allowed');
    assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS, POST');
    const options = await api.call('OPTIONS', `/v1/clusters/${scene.clusterId}`, { key: null });
    assert.deepEqual([options.status, options.headers.allow], [204, 'DELETE, GET, HEAD, OPTIONS, PATCH']);
    const head = await api.call('HEAD', `/v1/clusters/${scene.clusterId}`);
    assert.deepEqual([head.status, head.text, head.headers.etag], [200, '', '"1"']);
  });

  test('ids are taken in capitals too, and answered as they are', async () => {
    const capitals = { clusterId: scene.clusterId.toUpperCase(), applicationClassId: scene.applicationClassId };
    const made = await api.make('/v1/application-instances', { ...capitals, namespace: 'capitals', name: 'x' });
    assert.equal(made.clusterId, scene.clusterId);
    assert.equal((await api.call('GET', `/v1/clusters/${capitals.clusterId}`)).body.id, scene.clusterId);
  });

  test('a well-formed request id is taken over, another one is replaced', async () => {
    assert.equal(
      (await api.call('GET', '/v1/clusters', { headers: { 'x-request-id': 'odoo-42.a_b' } })).headers['x-request-id'],
      'odoo-42.a_b',
    );
    for (const id of ['', 'a b', 'x'.repeat(129), '<script>']) {
      assert.match(
        String((await api.call('GET', '/v1/clusters', { headers: { 'x-request-id': id } })).headers['x-request-id']),
        /^[0-9a-f-]{36}$/,
      );
    }
  });
});
