/** Which cluster answers at an address: one that was rebuilt, and one that is registered twice. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nothingFound } from '../../src/core/clusters/rules/discovery.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import type { ClusterApi } from '../../src/kubernetes/cluster-api.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, succeeded } from './scene.ts';

interface Shown {
  readonly [key: string]: string;
}

describe('the identity of a cluster', () => {
  let api: TestApi;
  let classId: string;
  /** What the namespace kube-system has for a uid, by the address of the cluster. */
  const uids = new Map<string, string | undefined>();
  let count = 0;
  before(async () => {
    const discover: ClusterApi['discover'] = async ({ cluster: { server } }, now) => {
      const uid = uids.get(server);
      const identity = uid === undefined ? {} : { identity: { status: 'Known', checkedAt: now, uid } as const };
      return { discovery: { ...nothingFound(now, 'not asked'), ...identity } };
    };
    api = await startApi({ clusterApi: { discover } as ClusterApi });
    classId = (await api.make('/v1/application-classes', { name: 'nextcloud' })).id;
  });
  after(() => api.close());

  const get = async (path: string, key = api.adminKey) => (await api.call('GET', path, { key })).body;
  /** A cluster that has this uid. */
  const cluster = async (uid: string | undefined, key = api.adminKey): Promise<{ id: string; server: string }> => {
    count += 1;
    const server = `https://10.0.1.${count}:6443`;
    uids.set(server, uid);
    const { id } = await api.make('/v1/clusters', { name: `cluster-${count}`, ...access, server }, key);
    return { id, server };
  };
  const check = async (id: string, key = api.adminKey) => {
    const { body } = await api.call('POST', `/v1/clusters/${id}/check`, { key });
    return body.conditions.find(({ type }: Shown) => type === 'Identity') as Shown | undefined;
  };
  const register = (clusterId: string, namespace: string, key = api.adminKey) =>
    api.call('POST', '/v1/application-instances', {
      body: { clusterId, applicationClassId: classId, namespace, name: 'app' },
      key,
    });
  const points = async (clusterId: string) =>
    (await get(`/v1/recovery-points?clusterId=${clusterId}`)).items.map(({ operationId }: Shown) => operationId);

  test('a rebuilt cluster lists none of the copies of before, says so loudly, and those made since count', async () => {
    const { id: clusterId, server } = await cluster('before');
    const { body: instance } = await register(clusterId, 'org-myteam');
    const scene: Scene = { clusterId, applicationClassId: classId, applicationInstanceId: instance.id };
    assert.equal((await check(clusterId))?.status, 'True');
    const old = await succeeded(api, scene);
    assert.deepEqual(await points(clusterId), [old]);
    uids.set(server, undefined);
    await check(clusterId);
    assert.deepEqual(await points(clusterId), [old], 'a uid that cannot be read says nothing');

    uids.set(server, 'after');
    const condition = await check(clusterId);
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'Rebuilt']);
    assert.match(condition?.message ?? '', /1 copies that have not expired were made by the one before/);
    const events = (await get(`/v1/clusters/${clusterId}/events`)).items;
    assert.deepEqual(
      events.map(({ reason, type }: Shown) => `${type} ${reason}`),
      ['Warning ClusterRebuilt'],
    );
    assert.deepEqual(await points(clusterId), []);
    assertProblem(await api.call('GET', `/v1/recovery-points/${old}`), 404, 'not-found');
    const protection = () => get(`/v1/application-instances/${instance.id}/protection`);
    assert.equal((await protection()).lastGoodCopy, undefined);
    const fresh = await succeeded(api, scene);
    assert.deepEqual(await points(clusterId), [fresh]);
    assert.equal((await protection()).lastGoodCopy.operationId, fresh);
    assert.equal((await check(clusterId))?.reason, 'Rebuilt');
    await api.opened.pool.query('update operation set expires_at = now() where id = $1', [old]);
    const ended = await check(clusterId);
    assert.deepEqual([ended?.status, ended?.reason], ['True', 'Unique'], 'nothing of before is left');
  });

  test('a new address of the same cluster changes nothing', async () => {
    const { id } = await cluster('moved');
    await check(id);
    uids.set('https://10.0.2.1:6443', 'moved');
    await api.call('PATCH', `/v1/clusters/${id}`, { body: { ...access, server: 'https://10.0.2.1:6443' } });
    assert.equal((await check(id))?.status, 'True');
    assert.equal((await get(`/v1/clusters/${id}`)).copiesFrom, undefined);
  });

  test('an API server that is registered twice says so, and a namespace belongs to one of the two', async () => {
    const [one, two] = [await cluster('twin'), await cluster('twin')];
    const first = await register(one.id, 'org-a');
    assert.equal((await check(one.id))?.status, 'True');
    const condition = await check(two.id);
    assert.match(condition?.message ?? '', /The same API server is cluster-\d+ as well, for other namespaces/);
    const refused = await register(two.id, 'org-a');
    assertProblem(refused, 422, 'rule-violated');
    assert.match(refused.body.detail, /is the same API server, and has application instances in the namespace org-a/);
    assert.equal((await register(two.id, 'org-b')).status, 201);
    const moved = await api.call('POST', `/v1/application-instances/${first.body.id}/move`, {
      body: { clusterId: two.id },
    });
    assert.equal(moved.status, 200, 'it is not in the way of itself');
  });

  test('applications that were registered twice before anybody could know are told of', async () => {
    const [one, two] = [await cluster('double'), await cluster('double')];
    for (const { id } of [one, two]) await register(id, 'org-double');
    await check(one.id);
    const condition = await check(two.id);
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'RegisteredTwice']);
    assert.match(condition?.message ?? '', /both have application instances in org-double/);
    const [event] = (await get(`/v1/clusters/${two.id}/events`)).items;
    assert.equal(event.reason, 'ClusterRegisteredTwice');
  });

  test('an Operation of ours is no foreign one in the cluster under its other name', async () => {
    const [one, two] = [await cluster('shared'), await cluster('shared')];
    for (const { id } of [one, two]) await check(id);
    const { body: instance } = await register(one.id, 'org-c');
    const scene = { clusterId: one.id, applicationClassId: classId, applicationInstanceId: instance.id };
    const { operation } = await api.make('/v1/operations', backup(scene));
    const own = await api.opened.foreignOperations.own(two.id, [operation.id], [operation.name]);
    assert.deepEqual(
      own.map(({ id, namespace, name, expected, here }) => ({ id, namespace, name, expected, here })),
      [{ id: operation.id, namespace: 'org-c', name: operation.name, expected: false, here: true }],
    );
  });

  test('across organizations only the operator of the service is told', async () => {
    const [ours, theirs] = [await cluster('common'), await cluster('common', api.otherKey)];
    assert.equal((await check(ours.id))?.status, 'True');
    assert.equal((await check(theirs.id, api.otherKey))?.status, 'True');
    assert.equal((await register(theirs.id, 'org-d', api.otherKey)).status, 201);
    assert.equal((await register(ours.id, 'org-d')).status, 201);
    const { findings } = await get('/v1/watchdog');
    const found = findings.filter(({ kind }: Shown) => kind === 'ClusterInTwoOrganizations');
    assert.deepEqual(found.map(({ resourceId }: Shown) => resourceId).toSorted(), [ours.id, theirs.id].toSorted());
    assertProblem(await api.call('GET', '/v1/watchdog', { key: api.otherKey }), 403);
  });

  test('a Backup whose resource somebody deleted after its success says so, and so does its recovery point', async () => {
    const { id: clusterId } = await cluster('deleting');
    const { body: instance } = await register(clusterId, 'org-e');
    const scene = { clusterId, applicationClassId: classId, applicationInstanceId: instance.id };
    const id = await succeeded(api, scene, { set: `uid = 'u-1', delivered_at = now()` });
    const { name, namespace } = await get(`/v1/operations/${id}`);
    const gone = {
      name,
      namespace,
      uid: 'u-1',
      deleted: true,
      source: 'Watched',
      status: { phase: 'Succeeded' },
    } as const;
    const now = new Date().toISOString();
    const ingest = () =>
      api.opened.observations.ingest(clusterId, [gone], (operation, seen) => observe(operation, seen, now));
    await ingest();
    await ingest();
    assert.equal((await get(`/v1/operations/${id}`)).resourceGoneAt, now);
    assert.equal((await get(`/v1/recovery-points/${id}`)).resourceGoneAt, now);
    const { items } = await get(`/v1/operations/${id}/events`);
    assert.equal(items.filter(({ reason }: Shown) => reason === 'ResourceDeleted').length, 1);
  });
});
