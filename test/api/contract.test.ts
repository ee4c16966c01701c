/** What holds at every address: unknown parameters, dry runs, the bounds of instants, preconditions, and statuses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { parse } from 'yaml';
import { fire } from '../../src/core/scheduling/fire.ts';
import { apiDocument } from '../../src/http/openapi/document.ts';
import { assertProblem, pointersOf } from './harness.ts';
import { backup, startScheduleScene } from './scene.ts';

const madeUp = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6aff';
const log = { info() {}, warn() {}, error() {}, debug() {} };

const { api, scene, wish } = await startScheduleScene();

describe('at every address', () => {
  const rowCounts = async () => {
    const tables = ['operation', 'fire', 'event', 'schedule'];
    const counts = tables.map((table) => api.opened.pool.query(`select count(*)::int as n from ${table}`));
    return (await Promise.all(counts)).map(({ rows }) => rows[0].n);
  };

  test('an unknown query parameter is refused by its name, with those that there are', async () => {
    const document = await apiDocument(pino({ enabled: false }));
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { operationId, parameters = [], requestBody, ...operation }] of Object.entries(item)) {
        if (operation['x-required-scope'] === 'agentToken') continue;
        const [example] = Object.values(requestBody?.content['application/json']?.examples ?? {});
        const address = `${path.replace('{role}', 'scheduler').replaceAll(/\{\w+\}/g, madeUp)}?nonsense=1`;
        const answer = await api.call(
          method.toUpperCase(),
          address,
          example === undefined ? {} : { body: example.value },
        );
        assertProblem(answer, 400, 'invalid-request');
        assert.deepEqual(pointersOf(answer), ['query/nonsense'], operationId);
        const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
        const listed = names.length === 0 ? 'takes no query parameters.' : `takes ${names.join(', ')}.`;
        assert.ok(answer.body.detail.endsWith(listed), `${operationId}: ${answer.body.detail}`);
      }
    }
  });

  test('a dry run of a trigger or a backfill shows what would be made, and writes nothing', async () => {
    const schedule = await api.make('/v1/schedules', wish({ schedule: '* * * * *', missedFires: 'None' }));
    const path = `/v1/schedules/${schedule.id}`;
    const slot = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 180_000).toISOString();
    await api.opened.pool.query('update schedule set next_slot_at = $2, next_fire_at = $2 where id = $1', [
      schedule.id,
      slot,
    ]);
    await fire({ ...api.opened, doorbell: api.ports.doorbell, log });
    const before = await rowCounts();
    const rings = api.rung.length;

    const triggered = await api.call('POST', `${path}/trigger?dryRun=true`);
    assert.equal(triggered.status, 200, triggered.text);
    assert.deepEqual([triggered.body.phase, triggered.body.scheduleId], ['Pending', schedule.id]);
    assert.ok(Array.isArray(triggered.body.requestWarnings));
    const range = { from: slot, to: slot };
    const backfilled = await api.call('POST', `${path}/backfill?dryRun=true`, { body: range });
    assert.equal(backfilled.status, 200, backfilled.text);
    const slotsOf = ({ body }: { body: { operations: { scheduledFor: string }[] } }) =>
      body.operations.map(({ scheduledFor }) => scheduledFor);
    assert.deepEqual(slotsOf(backfilled), [slot]);
    assert.deepEqual([await rowCounts(), api.rung.length], [before, rings]);

    const real = await api.call('POST', `${path}/backfill?dryRun=false`, { body: range });
    assert.deepEqual(slotsOf(real), [slot]);
    assert.equal(real.body.operations[0].name, backfilled.body.operations[0].name);
    assert.ok(Array.isArray(real.body.warnings));
    assert.equal((await api.call('POST', `${path}/trigger`)).status, 201);
  });

  test('a dry run of a resume shows what passed and what would fire, and writes nothing', async () => {
    const { id } = await api.make('/v1/schedules', wish({ schedule: '0 * * * *' }));
    const path = `/v1/schedules/${id}`;
    await api.call('POST', `${path}/suspend`, { body: {} });
    const hourMs = 3_600_000;
    const hour = (ago: number) => new Date((Math.floor(Date.now() / hourMs) - ago) * hourMs).toISOString();
    await api.opened.pool.query('update schedule set next_slot_at = $2 where id = $1', [id, hour(3)]);
    const before = [await rowCounts(), (await api.call('GET', path)).body];
    const resume = (query: string, catchUp: string) =>
      api.call('POST', `${path}/resume${query}`, { body: { catchUp } });
    const facts = ({ body }: { body: Record<string, unknown> }) =>
      ['suspend', 'nextSlotAt', 'skippedSlotCount', 'firstSkippedAt', 'lastSkippedAt'].map((field) => body[field]);

    const latest = await resume('?dryRun=true', 'Latest');
    assert.equal(latest.status, 200, latest.text);
    assert.deepEqual(facts(latest), [false, hour(0), 3, hour(3), hour(1)]);
    const none = await resume('?dryRun=true', 'None');
    assert.deepEqual(facts(none), [false, hour(-1), 4, hour(3), hour(0)]);
    assert.deepEqual([await rowCounts(), (await api.call('GET', path)).body], before);
    assert.deepEqual(facts(await resume('', 'Latest')), facts(latest), 'the resume itself does the same');
  });

  test('an instant out of the years 1970 to 2999 is refused by its field, and one within is computed with', async () => {
    const { id } = await api.make('/v1/schedules', wish());
    const far = ['0000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '3000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'];
    const single = { schedule: undefined };
    const bodies: readonly (readonly [string, string, (at: string) => object, string])[] = [
      ['POST', '/v1/schedules', (at) => wish({ ...single, at, spreadSeconds: 604_800 }), '/at'],
      ['POST', '/v1/schedules', (at) => wish({ startsAt: at }), '/startsAt'],
      ['POST', '/v1/schedules', (at) => wish({ endsAt: at }), '/endsAt'],
      ['POST', '/v1/schedules/preview', (at) => wish({ ...single, at }), '/at'],
      ['PATCH', `/v1/schedules/${id}`, (at) => ({ startsAt: at }), '/startsAt'],
      ['POST', `/v1/schedules/${id}/suspend`, (at) => ({ resumeAt: at }), '/resumeAt'],
      ['POST', `/v1/schedules/${id}/backfill`, (at) => ({ from: at, to: at }), '/from'],
      ['POST', '/v1/api-keys', (at) => ({ name: 'k', scopes: ['clusters:read'], expiresAt: at }), '/expiresAt'],
      ['POST', '/v1/retention/forecast', (at) => ({ protectionPlanName: 'default', from: at }), '/from'],
    ];
    for (const at of far) {
      for (const [method, path, body, pointer] of bodies) {
        const answer = await api.call(method, path, { body: body(at) });
        assertProblem(answer, 422, 'rule-violated');
        assert.equal(pointersOf(answer)[0], pointer, path);
        assert.match(answer.body.errors[0].detail, /1970 to 2999/);
      }
      for (const [path, pointer] of [
        [`/v1/schedules/${id}/fires?from=${at}`, 'query/from'],
        [`/v1/schedules/${id}/fires?to=${at}`, 'query/to'],
        [`/v1/recovery-points?at=${at}`, 'query/at'],
      ] as const) {
        const answer = await api.call('GET', path);
        assertProblem(answer, 400, 'invalid-request');
        assert.deepEqual(pointersOf(answer), [pointer], path);
      }
    }
    const last = '2999-12-31T23:59:59Z';
    const latest = wish({ ...single, at: last, spreadSeconds: 604_800, ttl: '175680h' });
    const preview = await api.call('POST', '/v1/schedules/preview', { body: latest });
    assert.equal(preview.status, 200, preview.text);
    assert.equal(preview.body.items[0].scheduledFor, '2999-12-31T23:59:59.000Z');
    const made = await api.make('/v1/schedules', latest);
    assert.deepEqual((await api.call('GET', `/v1/schedules/${made.id}`)).body.at, made.at);
    assert.equal((await api.call('GET', `/v1/schedules/${made.id}/preview`)).status, 200);
    // More digits than PostgreSQL reads, and another offset: both come in as they are answered.
    const long = wish({ startsAt: `2999-01-01T01:00:00.${'0'.repeat(300)}+01:00` });
    assert.equal((await api.make('/v1/schedules', long)).startsAt, '2999-01-01T00:00:00.000Z');
    const far2 = Buffer.from(JSON.stringify(['-scheduledFor', '0000-01-01T00:00:00.000Z'])).toString('base64url');
    assertProblem(await api.call('GET', `/v1/schedules/${id}/fires?cursor=${far2}`), 400, 'invalid-request');
  });

  test('If-Match is compared strongly: of a list one must match, and a weak ETag never does', async () => {
    const { id } = await api.make('/v1/schedules', wish());
    let revision = 1;
    const change = async (ifMatch: string) => {
      const body = { displayName: 'named' };
      return api.call('PATCH', `/v1/schedules/${id}`, { body, headers: { 'if-match': ifMatch } });
    };
    for (const [text, status] of [
      ['"N"', 200],
      ['*', 200],
      ['"999", "N"', 200],
      [',"N" ,, "x,y"', 200],
      ['W/"N"', 412],
      ['W/"N", "999"', 412],
      ['"x"', 412],
      ['"99999999999999999999"', 412],
      ['"2147483647"', 412],
      ['N', 400],
      ['"N', 400],
      ['"N" "N"', 400],
      ['w/"N"', 400],
      ['', 400],
    ] as const) {
      const answer = await change(text.replaceAll('N', String(revision)));
      assert.equal(answer.status, status, `${text}: ${answer.text}`);
      if (status === 200) revision = answer.body.revision;
      else assertProblem(answer, status, status === 412 ? 'stale-revision' : 'invalid-request');
      if (status === 400) assert.deepEqual(pointersOf(answer), ['header/If-Match'], text);
    }
    for (const ifMatch of [`W/"${revision}"`, '"999"', `"${revision}", "999"`]) {
      const removed = await api.call('DELETE', `/v1/schedules/${id}`, { headers: { 'if-match': ifMatch } });
      assert.equal(removed.status, ifMatch.startsWith(`"${revision}`) ? 200 : 412, removed.text);
    }
  });

  test('If-None-Match is compared weakly: of a list one must match, and * always does', async () => {
    const path = `/v1/application-classes/${scene.applicationClassId}`;
    const { revision } = (await api.call('GET', path)).body;
    for (const [text, status] of [
      ['"N"', 304],
      ['W/"N"', 304],
      ['"999", W/"N"', 304],
      ['"999",\t"N" ', 304],
      ['*', 304],
      ['"999"', 200],
      ['W/"999"', 200],
      ['N', 200],
    ] as const) {
      const headers = { 'if-none-match': text.replaceAll('N', String(revision)) };
      const answer = await api.call('GET', path, { headers });
      assert.deepEqual([answer.status, answer.headers.etag], [status, `"${revision}"`], text);
      assert.equal(answer.text === '', status === 304, text);
    }
  });

  test('each refusal has the status of its cause, is a problem document, and leaves no stack in the log', async () => {
    const logged = api.logged().length;
    const json = { 'content-type': 'application/json' };
    for (const [method, path, status, code, sent] of [
      ['GET', '/docs/static/.hidden', 404, 'not-found', {}],
      ['GET', '/docs/static/%00', 404, 'not-found', {}],
      ['GET', '/docs/static//', 404, 'not-found', {}],
      ['GET', '/docs/static/%zz', 400, 'malformed-request', {}],
      ['GET', '/docs/static/index.css', 416, 'range-not-satisfiable', { headers: { range: 'bytes=99999999-' } }],
      ['GET', '/docs/static/index.css', 412, 'stale-revision', { headers: { 'if-match': '"other"' } }],
      ['GET', '/v1/clusters/%zz', 400, 'malformed-request', {}],
      ['GET', '/v1/clusters/%', 400, 'malformed-request', {}],
      ['GET', `/v1/clusters/${'x'.repeat(500)}`, 404, 'not-found', {}],
      ['GET', '/v1/schedules/preview', 405, 'method-not-allowed', {}],
      ['DELETE', '/v1/schedules/preview', 405, 'method-not-allowed', {}],
      ['PUT', '/v1/clusters', 405, 'method-not-allowed', {}],
      ['PROPFIND', '/v1/clusters', 405, 'method-not-allowed', {}],
      ['TRACE', '/v1/clusters', 405, 'method-not-allowed', {}],
      ['POST', '/v1/organizations', 415, 'unsupported-media-type', { body: '{}', headers: { 'content-type': 'a/b' } }],
      ['POST', '/v1/organizations', 413, 'body-too-large', { body: `"${'x'.repeat(300_000)}"`, headers: json }],
      ['POST', '/v1/organizations', 400, 'malformed-request', { body: '{', headers: json }],
    ] as const) {
      const answer = await api.call(method, path, sent);
      assertProblem(answer, status, code);
      if (status === 405) assert.ok(String(answer.headers.allow).includes('POST'), path);
    }
    const allowed = await api.call('GET', '/v1/schedules/preview', { key: null });
    assert.equal(allowed.headers.allow, 'OPTIONS, POST');
    assert.doesNotMatch(api.logged().slice(logged), /"level":50|"stack"/);
  });

  test('an id that is no UUID is a 400 in a path, a query and a body', async () => {
    for (const [method, path, pointer, sent] of [
      ['GET', '/v1/schedules/x', 'path/id', {}],
      ['GET', '/v1/schedules?clusterId=x', 'query/clusterId', {}],
      ['POST', '/v1/schedules', '/applicationInstanceId', { body: wish({ applicationInstanceId: 'x' }) }],
    ] as const) {
      const answer = await api.call(method, path, sent);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointersOf(answer), [pointer]);
      assert.match(answer.body.detail, /must be a UUID/);
    }
  });

  test('X-On-Behalf-Of is judged after the key and its scope', async () => {
    const { secret } = await api.make('/v1/api-keys', { name: 'reader', scopes: ['clusters:read'] });
    const headers = { 'x-on-behalf-of': 'x'.repeat(201) };
    assertProblem(await api.call('GET', '/v1/clusters', { key: null, headers }), 401);
    assertProblem(await api.call('GET', '/v1/operations', { key: secret, headers }), 403);
    assertProblem(await api.call('GET', '/v1/clusters', { key: secret, headers }), 400);
    const named = { 'x-on-behalf-of': Buffer.from('é'.repeat(200)).toString('latin1') };
    const body = backup(scene);
    assert.equal((await api.call('POST', '/v1/operations', { body, headers: named })).status, 201);
  });

  test('a manifest is JSON, and YAML with the same content for a client that prefers it', async () => {
    const { operation, manifest } = await api.make('/v1/operations', backup(scene));
    const path = `/v1/operations/${operation.id}/manifest`;
    for (const accept of [undefined, '*/*', 'application/json', 'text/html, */*;q=0.1']) {
      const answer = await api.call('GET', path, accept === undefined ? {} : { headers: { accept } });
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      assert.deepEqual(answer.body, manifest);
    }
    for (const accept of ['application/yaml', 'application/x-yaml', 'application/json;q=0.5, application/yaml']) {
      const answer = await api.call('GET', path, { headers: { accept } });
      assert.equal(answer.headers['content-type'], 'application/yaml');
      assert.deepEqual(parse(answer.text), manifest);
    }
  });
});
