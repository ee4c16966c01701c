import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { ClusterApi } from '../../src/app/connector-ports.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';

describe('checking a cluster', () => {
  let cluster: SimulatedCluster;
  let clusters: ClusterApi & { close(): Promise<void> };
  let api: TestApi;
  let discovered = 0;
  before(async () => {
    cluster = await startCluster();
    clusters = clusterApi({ log: { info() {}, warn() {}, error() {}, debug() {} } });
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

  test('tells its version, the Operation resource and what the credentials may do', async () => {
    const { id } = await api.make('/v1/clusters', { name: 'well', kubeconfig: cluster.kubeconfig });
    const answer = await api.call('POST', `/v1/clusters/${id}/check`);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
      [answer.body.discovery.operationCrd, conditionsOf(answer.body)],
      ['Installed', { Reachable: 'True', Authenticated: 'True' }],
    );
    assert.ok(answer.body.discovery.permissions.length > 0);
    assert.deepEqual((await api.call('GET', `/v1/clusters/${id}`)).body, answer.body);
    assert.ok(!answer.text.includes(cluster.token));
  });

  test('a cluster that refuses or does not answer is told as a condition, not as an error of the request', async () => {
    const refusing = await api.make('/v1/clusters', {
      name: 'refusing',
      server: cluster.url,
      ca: cluster.caPem,
      token: 'wrong',
    });
    const refused = await api.call('POST', `/v1/clusters/${refusing.id}/check`);
    assert.deepEqual(
      [refused.status, conditionsOf(refused.body)],
      [200, { Reachable: 'True', Authenticated: 'False' }],
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
      [200, { Reachable: 'False', Authenticated: 'Unknown' }],
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
