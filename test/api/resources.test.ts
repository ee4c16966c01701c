import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, setScene } from './scene.ts';

describe('resources', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const schedule = (name: string, more: object = {}) =>
    api.make('/v1/schedules', {
      applicationInstanceId: scene.applicationInstanceId,
      name,
      schedule: '0 2 * * *',
      ...more,
    });

  test('a schedule says when it fires next, and what it is when nothing was said', async () => {
    const made = await schedule('nightly', { timeZone: 'Europe/Berlin' });
    assert.deepEqual([made.cadence, made.suspend, made.ttl, made.revision], ['daily', false, undefined, 1]);
    assert.match(made.nextFireAt, /^\d{4}-\d\d-\d\dT0[01]:00:00\.000Z$/);
    const path = `/v1/schedules/${made.id}`;
    const suspended = await api.call('PATCH', path, { body: { suspend: true, ttl: '48h' } });
    assert.deepEqual(
      [suspended.body.nextFireAt, suspended.body.ttl, suspended.headers.etag],
      [undefined, '48h', '"2"'],
    );
    const resumed = await api.call('PATCH', path, { body: { suspend: false, ttl: null, schedule: '@hourly' } });
    assert.deepEqual(
      [resumed.body.ttl, resumed.body.cadence, resumed.body.nextFireAt.slice(14)],
      [undefined, 'hourly', '00:00.000Z'],
    );
    const { warnings, ...saved } = resumed.body;
    assert.deepEqual(warnings, []);
    assert.deepEqual((await api.call('GET', path)).body, { ...saved, failuresInARow: 0 });
  });

  test('a removed schedule is gone from every answer, and its name is free again', async () => {
    const { id } = await schedule('brief');
    assertProblem(
      await api.call('POST', '/v1/schedules', {
        body: { applicationInstanceId: scene.applicationInstanceId, name: 'brief', schedule: '@daily' },
      }),
      409,
      'already-exists',
    );
    assert.equal((await api.call('DELETE', `/v1/schedules/${id}`)).status, 200);
    assertProblem(await api.call('GET', `/v1/schedules/${id}`), 404);
    assert.equal((await api.call('GET', `/v1/schedules/${id}/fires`)).status, 200, 'its ledger stays');
    await schedule('brief');
  });

  test('a change names the revision that it was made from, and is refused when that is stale', async () => {
    const { id } = await schedule('guarded');
    const path = `/v1/schedules/${id}`;
    const change = (etag: string, displayName = 'x') =>
      api.call('PATCH', path, { body: { displayName }, headers: { 'if-match': etag } });
    assert.equal((await change('"1"')).headers.etag, '"2"');
    assertProblem(await change('"1"'), 412, 'stale-revision');
    assertProblem(await change('"99999999999"'), 412, 'stale-revision');
    assert.equal((await change('*')).status, 200);
    for (const etag of ['3', '"3', '"3"x']) assertProblem(await change(etag), 400, 'invalid-request');
    for (const etag of ['W/"3"', '"x"', '"1", "2"', '""', '"-1"'])
      assertProblem(await change(etag), 412, 'stale-revision');
    assertProblem(await api.call('DELETE', path, { headers: { 'if-match': '"1"' } }), 412, 'stale-revision');
    assert.equal((await api.call('DELETE', path, { headers: { 'if-match': '"3"' } })).status, 200);
  });

  test('no update is lost among writers who all read, change and write under If-Match', async () => {
    const { id } = await api.make('/v1/application-classes', { name: 'counter', displayName: '0' });
    const path = `/v1/application-classes/${id}`;
    const raise = async (): Promise<void> => {
      for (;;) {
        const known = await api.call('GET', path);
        const body = { displayName: String(Number(known.body.displayName) + 1) };
        const answer = await api.call('PATCH', path, { body, headers: { 'if-match': String(known.headers.etag) } });
        if (answer.status === 200) return;
        assertProblem(answer, 412, 'stale-revision');
      }
    };
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let n = 0; n < 5; n += 1) await raise();
      }),
    );
    const { displayName, revision } = (await api.call('GET', path)).body;
    assert.deepEqual([displayName, revision], ['50', 51]);
  });

  test('what something refers to is not removed', async () => {
    await schedule('referring');
    const path = (kind: string, id: string) => `/v1/${kind}/${id}`;
    assertProblem(await api.call('DELETE', path('clusters', scene.clusterId)), 409, 'in-use');
    assertProblem(await api.call('DELETE', path('application-classes', scene.applicationClassId)), 409, 'in-use');
    assertProblem(await api.call('DELETE', path('application-instances', scene.applicationInstanceId)), 409, 'in-use');
    const spare = await api.make('/v1/clusters', { name: 'spare', ...access });
    assertProblem(
      await api.call('POST', '/v1/clusters', { body: { name: 'spare', ...access } }),
      409,
      'already-exists',
    );
    assert.equal((await api.call('DELETE', path('clusters', spare.id))).status, 204);
    assertProblem(await api.call('DELETE', path('clusters', spare.id)), 404);
  });

  test('an override says that it is not retroactive, and decides the time to live of what comes after', async () => {
    const path = `/v1/application-classes/${scene.applicationClassId}/retention-override`;
    assertProblem(await api.call('GET', path), 404);
    const put = await api.call('PUT', path, { body: { onDemand: '48h' } });
    assert.equal(put.status, 200, put.text);
    assert.match(put.body.note, /not|keep/i);
    assert.deepEqual((await api.call('GET', path)).body, put.body);
    const { operation } = await api.make('/v1/operations', backup(scene));
    assert.deepEqual([operation.ttl, operation.ttlSource], ['48h', 'organization']);
    assert.equal((await api.call('DELETE', path)).status, 204);
    assertProblem(await api.call('DELETE', path), 404);
    const { operation: next } = await api.make('/v1/operations', backup(scene));
    assert.deepEqual([next.ttl, next.ttlSource], ['720h', 'applicationClass']);
  });

  test('access to a cluster is replaced as a whole, and is in no answer', async () => {
    const { id } = await api.make('/v1/clusters', { name: 'moving', ...access });
    const path = `/v1/clusters/${id}`;
    assertProblem(await api.call('PATCH', path, { body: { token: 'other' } }), 422, 'rule-violated');
    const changed = await api.call('PATCH', path, {
      body: { ...access, server: 'https://10.0.0.11:6443', displayName: 'Moved' },
    });
    assert.deepEqual([changed.body.server, changed.body.displayName], ['https://10.0.0.11:6443', 'Moved']);
    assert.doesNotMatch(changed.text, /canary|CERTIFICATE/);
  });

  test('instances and classes change and are listed by their filters', async () => {
    const kind = await api.make('/v1/application-classes', { name: 'wordpress' });
    const application = {
      clusterId: scene.clusterId,
      applicationClassId: kind.id,
      namespace: 'org-else',
      name: 'blog',
    };
    const { id } = await api.make('/v1/application-instances', application);
    const changed = await api.call('PATCH', `/v1/application-instances/${id}`, { body: { displayName: 'Blog' } });
    assert.deepEqual([changed.status, changed.body.displayName, changed.body.revision], [200, 'Blog', 2]);
    for (const query of ['namespace=org-else', `applicationClassId=${kind.id}`]) {
      const { items } = (await api.call('GET', `/v1/application-instances?${query}`)).body;
      assert.deepEqual(items, [changed.body]);
    }
    assertProblem(
      await api.call('PATCH', `/v1/application-instances/${id}`, { body: { namespace: 'x' } }),
      400,
      'invalid-request',
    );
    assert.equal((await api.call('DELETE', `/v1/application-instances/${id}`)).status, 204);
    await schedule('asleep', { suspend: true });
    const { items } = (await api.call('GET', '/v1/schedules?suspend=true&cadence=daily')).body;
    assert.deepEqual(
      items.map(({ name }: { name: string }) => name),
      ['asleep'],
    );
  });
});
