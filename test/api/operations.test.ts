import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

describe('operations', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const count = async () => Number((await api.opened.pool.query('select count(*) from operation')).rows[0].count);

  test('a backup that is asked for is recorded, told and rung for, and its time to live says where it came from', async () => {
    const answer = await api.call('POST', '/v1/operations', {
      body: backup(scene, { parameters: { csiSnapshotClassName: 'csi-rbd' } }),
      headers: { 'x-on-behalf-of': Buffer.from('Jürgen Groß').toString('latin1') },
    });
    assert.equal(answer.status, 201, answer.text);
    const { operation, manifest, warnings } = answer.body;
    assert.equal(answer.headers.location, `/v1/operations/${operation.id}`);
    assert.deepEqual([operation.phase, operation.ttl, operation.ttlSource], ['Pending', '720h', 'applicationClass']);
    assert.deepEqual([operation.onBehalfOf, operation.requestedBy], ['Jürgen Groß', 'admin']);
    assert.equal(manifest.metadata.name, operation.name);
    assert.equal(warnings.length, 1);
    assert.deepEqual(api.rung.splice(0), [scene.clusterId]);
    const { waiting, ...read } = (await api.call('GET', `/v1/operations/${operation.id}`)).body;
    assert.deepEqual([read, waiting.reason], [operation, 'AwaitingDelivery']);
    const { items } = (await api.call('GET', `/v1/operations/${operation.id}/events`)).body;
    assert.deepEqual(
      items.map(({ reason }: { reason: string }) => reason),
      ['Created'],
    );
  });

  test("a backup by request has its class's default parameters, and its own go over them key by key", async () => {
    const path = `/v1/application-classes/${scene.applicationClassId}`;
    const defaultParameters = { storageLocation: 'aws-primary', snapshotVolumes: true };
    assert.equal((await api.call('PATCH', path, { body: { defaultParameters } })).status, 200);
    const asked = async (parameters: object) =>
      (await api.make('/v1/operations', backup(scene, { parameters }))).manifest.spec.parameters;
    const { ttl, ...given } = await asked({ snapshotVolumes: false, csiSnapshotClassName: 'csi-rbd' });
    assert.equal(ttl, '720h');
    assert.deepEqual(given, {
      storageLocation: 'aws-primary',
      snapshotVolumes: false,
      csiSnapshotClassName: 'csi-rbd',
    });
    assert.equal((await asked({})).storageLocation, 'aws-primary');
    await api.call('PATCH', path, { body: { defaultParameters: {} } });
    api.rung.splice(0);
  });

  test('a dry run tells everything and writes nothing', async () => {
    const before = await count();
    const keyed = { body: backup(scene), headers: { 'idempotency-key': 'dry' } };
    const answer = await api.call('POST', '/v1/operations?dryRun=true', keyed);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(Object.keys(answer.body), ['operation', 'manifest', 'warnings']);
    assert.equal(await count(), before);
    assert.deepEqual(api.rung.splice(0), []);
    assertProblem(await api.call('GET', `/v1/operations/${answer.body.operation.id}`), 404, 'not-found');
    assert.equal((await api.call('POST', '/v1/operations', keyed)).status, 201);
  });

  for (const [name, namespace, body] of [
    ['backup', 'org-myteam', { type: 'Backup', name: 'nextcloud-myteam-backup-2026-05-28', ttl: '720h' }],
    ['restore-in-place', 'org-myteam', { type: 'Restore', name: 'nextcloud-myteam-restore-2026-05-28' }],
    ['restore-elsewhere', 'org-myteam-staging', { type: 'Restore', name: 'nextcloud-myteam-restore-2026-05-28' }],
  ] as const) {
    test(`the manifest is the operator's documented example: ${name}`, async () => {
      const example = parse(await readFile(new URL(`../support/examples/${name}.yaml`, import.meta.url), 'utf8'));
      const own = await startApi();
      try {
        const here = await setScene(own, namespace);
        const { ttl: _, ...parameters } = example.spec.parameters;
        const { operation, manifest } = await own.make('/v1/operations', backup(here, { ...body, parameters }));
        const yaml = await own.call('GET', `/v1/operations/${operation.id}/manifest`, {
          headers: { accept: 'application/yaml' },
        });
        assert.match(String(yaml.headers['content-type']), /^application\/yaml/);
        assert.deepEqual(parse(yaml.text), manifest);
        assert.deepEqual([manifest.apiVersion, manifest.kind], [example.apiVersion, example.kind]);
        assert.deepEqual(manifest.spec, example.spec);
        const { labels, annotations, ...metadata } = manifest.metadata;
        assert.deepEqual(metadata, { name: example.metadata.name, namespace: example.metadata.namespace });
        assert.partialDeepStrictEqual(annotations, { 'app.vworkspace.io/operation-id': operation.id });
        assert.deepEqual(labels, {
          'app.vworkspace.io/managed-by': 'control-plane',
          'app.vworkspace.io/cluster-id': 'cluster-prod-1',
          ...example.metadata.labels,
          'velero.io/exclude-from-backup': 'true',
          'app.vworkspace.io/application-instance': 'nextcloud-myteam',
        });
      } finally {
        await own.close();
      }
    });
  }

  test('an Operation and its resource name the request that asked for it, and a position that only grows', async () => {
    const made = await Promise.all(
      ['req-1', 'req-2'].map(async (id) => {
        const headers = { 'x-request-id': id, 'x-on-behalf-of': 'zoe' };
        const { body } = await api.call('POST', '/v1/operations', { body: backup(scene), headers });
        assert.equal(body.operation.requestId, id);
        const found = (await api.call('GET', `/v1/operations/${body.operation.id}`)).body;
        assert.equal(found.requestId, id);
        return { id, ...body };
      }),
    );
    const positions = made.map(({ id, manifest }) => {
      const { annotations } = manifest.metadata;
      assert.deepEqual(
        ['request-id', 'requested-by', 'on-behalf-of'].map((name) => annotations[`app.vworkspace.io/${name}`]),
        [id, 'admin', 'zoe'],
      );
      return Number(annotations['app.vworkspace.io/record-position']);
    });
    const alone = await api.make('/v1/operations', backup(scene));
    const later = alone.manifest.metadata.annotations;
    assert.deepEqual([alone.operation.onBehalfOf, later['app.vworkspace.io/on-behalf-of']], [undefined, undefined]);
    assert.ok(positions.every((each) => each > 0));
    assert.ok(Number(later['app.vworkspace.io/record-position']) > Math.max(...positions));
    const { manifest } = (await api.call('POST', '/v1/operations?dryRun=true', { body: backup(scene) })).body;
    assert.equal(manifest.metadata.annotations['app.vworkspace.io/record-position'], undefined);
  });

  test('parameters of the other type, and a restore without a backup, are refused where they stand', async () => {
    const refused = await api.call('POST', '/v1/operations', {
      body: backup(scene, { parameters: { restorePVs: true } }),
    });
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/parameters/restorePVs']);
    const restore = await api.call('POST', '/v1/operations', { body: backup(scene, { type: 'Restore' }) });
    assert.deepEqual(pointersOf(restore), ['/parameters/backupName']);
  });

  test('a name that the cluster has already is refused for good', async () => {
    await api.make('/v1/operations', backup(scene, { name: 'taken' }));
    assertProblem(
      await api.call('POST', '/v1/operations', { body: backup(scene, { name: 'taken' }) }),
      409,
      'already-exists',
    );
  });

  test('what was not delivered is cancelled at once, and what has ended is not cancelled again', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene));
    const cancelled = await api.call('POST', `/v1/operations/${operation.id}/cancel`);
    assert.deepEqual([cancelled.status, cancelled.body.phase], [200, 'Cancelled']);
    assertProblem(await api.call('POST', `/v1/operations/${operation.id}/cancel`), 409, 'already-finished');
  });

  test('an operation that stands still is answered with an empty 304', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene));
    const path = `/v1/operations/${operation.id}`;
    const { etag } = (await api.call('GET', path)).headers;
    const again = await api.call('GET', path, { headers: { 'if-none-match': `W/${etag}, "77"` } });
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag]);
    await api.call('POST', `${path}/cancel`);
    assert.equal((await api.call('GET', path, { headers: { 'if-none-match': String(etag) } })).status, 200);
  });

  test('filters narrow the list, by every name that is documented', async () => {
    const { items } = (await api.call('GET', '/v1/operations?limit=200')).body;
    const filters = {
      clusterId: scene.clusterId,
      applicationInstanceId: scene.applicationInstanceId,
      type: 'Backup',
      phase: 'Cancelled',
      namespace: 'org-myteam',
    };
    for (const [name, value] of Object.entries(filters)) {
      const found = (await api.call('GET', `/v1/operations?limit=200&${name}=${value}`)).body.items;
      assert.deepEqual(
        found,
        items.filter((item: Record<string, unknown>) => item[name] === value),
        name,
      );
      assert.ok(found.length > 0);
    }
    assert.deepEqual((await api.call('GET', `/v1/operations?scheduleId=${scene.clusterId}`)).body.items, []);
  });
});
