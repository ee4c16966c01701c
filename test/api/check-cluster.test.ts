import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { ClusterApi } from '../../src/kubernetes/cluster-api.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { loopbackAllowed } from '../support/loopback.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';

describe('checking a cluster', () => {
  let cluster: SimulatedCluster;
  let clusters: ClusterApi & { close(): Promise<void> };
  let api: TestApi;
  let discovered = 0;
  before(async () => {
    cluster = await startCluster();
    clusters = clusterApi({ log: { info() {}, warn() {}, error() {}, debug() {} }, ...loopbackAllowed });
    const counted: ClusterApi = {
      ...clusters,
      discover(...input) {
        discovered += 1;
        return clusters.discover(...input);
      },
    };
    api = await startApi({ clusterApi: counted });
  });
  after(async () => {
    await api.close();
    await clusters.close();
    await cluster.close();
  });

  const conditionsOf = ({ conditions }: { conditions: { type: string; status: string }[] }) =>
    Object.fromEntries(conditions.map(({ type, status }) => [type, status]));

  test('finds the version, the resources, the rights of the credentials, and the parts that they may not read', async () => {
    const { id } = await api.make('/v1/clusters', { name: 'well', kubeconfig: cluster.kubeconfig });
    const answer = await api.call('POST', `/v1/clusters/${id}/check`);
    assert.equal(answer.status, 200, answer.text);
    const { discovery, delivery } = answer.body;
    assert.deepEqual(conditionsOf(answer.body), { Reachable: 'True', Authenticated: 'True', OperatorReady: 'True' });
    assert.match(discovery.server.version, /^v1\./);
    assert.deepEqual(discovery.customResources.items[0].versions, ['v1alpha1']);
    assert.ok(discovery.permissions.items.length > 0);
    assert.equal(discovery.storageLocations.status, 'Unknown');
    assert.match(discovery.storageLocations.problem, /backupstoragelocations.* is forbidden/);
    assert.deepEqual(delivery, { pendingCount: 0, lagSeconds: 0 });
    assert.deepEqual((await api.call('GET', `/v1/clusters/${id}`)).body, answer.body);
    assert.ok(!answer.text.includes(cluster.token));
  });

  test('with the rights to them, finds storage locations, classes, namespaces and the operator', async () => {
    const open = await startCluster({
      discovery: true,
      storageLocations: [
        { name: 'default', default: true },
        { name: 'eu', phase: 'Unavailable' },
        { name: 'new', phase: '' },
      ],
    });
    after(() => open.close());
    open.addNamespace('apps', { annotations: { 'ops.vworkspace.io/allowed-types': 'Backup, Restore' } });
    open.addNamespace('closed', { labels: {} });
    const { id } = await api.make('/v1/clusters', { name: 'open', kubeconfig: open.kubeconfig });
    const { discovery } = (await api.call('POST', `/v1/clusters/${id}/check`)).body;
    assert.deepEqual(
      discovery.storageLocations.items.map(({ name, phase }: Record<string, string>) => [name, phase]),
      [
        ['default', 'Available'],
        ['eu', 'Unavailable'],
        ['new', 'Unavailable'],
      ],
    );
    assert.equal(discovery.volumeSnapshotClasses.items[0].driver, 'rbd.csi.ceph.com');
    assert.equal(discovery.storageClasses.items[0].provisioner, 'rbd.csi.ceph.com');
    assert.deepEqual(discovery.namespaces.items, [{ name: 'apps', allowedTypes: ['Backup', 'Restore'] }]);
    assert.ok(discovery.operator.items[0].version);
    for (const part of ['storageLocations', 'namespaces', 'operator'])
      assert.equal(discovery[part].checkedAt, discovery.checkedAt);
  });

  test('a check that fails keeps the last results with their dates, and says why', async () => {
    const passing = await startCluster();
    after(() => passing.close());
    const { id } = await api.make('/v1/clusters', { name: 'passing', kubeconfig: passing.kubeconfig });
    const first = (await api.call('POST', `/v1/clusters/${id}/check`)).body;
    await passing.stop();
    const second = (await api.call('POST', `/v1/clusters/${id}/check`)).body;
    assert.equal(conditionsOf(second).Reachable, 'False');
    assert.equal(conditionsOf(second).OperatorReady, 'Unknown');
    assert.deepEqual(second.discovery.server, { ...first.discovery.server, problem: second.discovery.problem });
    assert.ok(second.discovery.checkedAt > second.discovery.server.checkedAt);
    assert.deepEqual(second.discovery.permissions.items, first.discovery.permissions.items);
  });

  test('a cluster that refuses or does not answer is reported as a condition, not as an error of the request', async () => {
    const refusing = await api.make('/v1/clusters', {
      name: 'refusing',
      server: cluster.url,
      ca: cluster.caPem,
      token: 'wrong',
    });
    const refused = await api.call('POST', `/v1/clusters/${refusing.id}/check`);
    assert.deepEqual(
      [refused.status, conditionsOf(refused.body)],
      [200, { Reachable: 'True', Authenticated: 'False', OperatorReady: 'Unknown' }],
    );
    const silent = await api.make('/v1/clusters', {
      name: 'silent',
      server: 'https://127.0.0.1:1',
      ca: cluster.caPem,
      token: 'x',
    });
    const unreachable = await api.call('POST', `/v1/clusters/${silent.id}/check`);
    assert.deepEqual(
      [unreachable.status, conditionsOf(unreachable.body)],
      [200, { Reachable: 'False', Authenticated: 'Unknown', OperatorReady: 'Unknown' }],
    );
  });

  test('a repetition under the same Idempotency-Key does not call the cluster again', async () => {
    const { id } = await api.make('/v1/clusters', { name: 'keyed', kubeconfig: cluster.kubeconfig });
    const check = () => api.call('POST', `/v1/clusters/${id}/check`, { headers: { 'idempotency-key': 'check' } });
    const first = await check();
    const before = discovered;
    const again = await check();
    assert.deepEqual([again.body, again.headers['idempotency-replayed'], discovered], [first.body, 'true', before]);
  });

  test("another organization's cluster is not called", async () => {
    const { id } = await api.make('/v1/clusters', { name: 'foreign', kubeconfig: cluster.kubeconfig });
    const before = discovered;
    assertProblem(await api.call('POST', `/v1/clusters/${id}/check`, { key: api.otherKey }), 404, 'not-found');
    assert.equal(discovered, before);
  });
});
