/** What is asked for is judged by what the cluster's operator is known to accept, and sent as it takes it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { ClusterApi } from '../../src/app/connector-ports.ts';
import { refreshDiscoveries } from '../../src/app/discovery.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

describe('an operator that knows fewer parameters', () => {
  let api: TestApi;
  let clusters: ClusterApi & { close(): Promise<void> };
  let old: SimulatedCluster;
  let id = '';
  let applicationInstanceId = '';
  before(async () => {
    clusters = clusterApi({ log: quiet, timings: { connectSeconds: 2, callSeconds: 10 } });
    api = await startApi({ clusterApi: clusters });
    old = await startCluster({
      operatorVersion: '0.0.6',
      discovery: true,
      storageLocations: [{ name: 'default' }, { name: 'eu', phase: 'Unavailable' }],
    });
    old.addNamespace('apps', { annotations: { 'ops.vworkspace.io/allowed-types': 'Backup' } });
    old.addApplicationInstance('apps', 'cloud');
    id = (await api.make('/v1/clusters', { name: 'old', kubeconfig: old.kubeconfig })).id;
    const { id: applicationClassId } = await api.make('/v1/application-classes', { name: 'class-old' });
    const application = { clusterId: id, applicationClassId, namespace: 'apps', name: 'cloud' };
    applicationInstanceId = (await api.make('/v1/application-instances', application)).id;
  });
  after(async () => {
    await api.close();
    await clusters.close();
    await old.close();
  });
  const plan = (body: object) =>
    api.call('POST', '/v1/operations?dryRun=true', { body: { applicationInstanceId, type: 'Backup', ...body } });

  test('is sent what was asked for while it is not known', async () => {
    const planned = await plan({ parameters: { snapshotVolumes: true } });
    assert.equal(planned.status, 200, planned.text);
    assert.equal(planned.body.manifest.spec.parameters.ttl, '720h');
  });

  test('is refused what it does not accept, with the field, the cluster and what to do', async () => {
    const looking = { ...api.ports, log: quiet, chance: () => 0.5, stopping: new AbortController().signal };
    await refreshDiscoveries({ ...looking, held: async () => [id] });
    const { acceptedParameters } = (await api.call('GET', `/v1/clusters/${id}`)).body.discovery;
    assert.deepEqual(
      new Set(acceptedParameters.backup),
      new Set(['retention', 'snapshotClassName', 'storageLocation']),
    );
    const refused = await plan({ parameters: { snapshotVolumes: true, storageLocation: 'default' } });
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/parameters/snapshotVolumes']);
    assert.match(refused.body.errors[0].detail, /cluster old .*leave it out, or update the operator/);
    const schedule = { applicationInstanceId, name: 'nightly', schedule: '0 2 * * *' };
    const recurring = await api.call('POST', '/v1/schedules', {
      body: { ...schedule, template: { parameters: { includedResources: ['*'] } } },
    });
    assertProblem(recurring, 422, 'rule-violated');
    assert.deepEqual(pointersOf(recurring), ['/template/parameters/includedResources']);
    const made = await api.make('/v1/schedules', schedule);
    const change = await api.call('PATCH', `/v1/schedules/${made.id}`, {
      body: { template: { parameters: { snapshotVolumes: false } } },
    });
    assertProblem(change, 422, 'rule-violated');
    assert.equal((await api.call('POST', `/v1/schedules/${made.id}/trigger`)).status, 201);
    const { applicationClassId } = (await api.call('GET', `/v1/application-instances/${applicationInstanceId}`)).body;
    const changeClass = (defaultParameters: object) =>
      api.call('PATCH', `/v1/application-classes/${applicationClassId}`, { body: { defaultParameters } });
    await changeClass({ snapshotVolumes: true });
    const triggered = await api.call('POST', `/v1/schedules/${made.id}/trigger`);
    assertProblem(triggered, 422, 'rule-violated');
    assert.match(triggered.body.errors[0].detail, /comes from the application class's defaultParameters/);
    await changeClass({});
  });

  test('is sent the time to live as retention, which it accepts', async () => {
    const planned = await plan({ ttl: '48h' });
    assert.deepEqual(planned.body.manifest.spec.parameters, { retention: '48h' });
    assert.equal(planned.body.operation.ttl, '48h');
    const target = await api.opened.directory.target(id);
    assert.ok(target);
    const answer = await clusters.apply(target, planned.body.manifest);
    assert.equal(answer.kind, 'Applied', JSON.stringify(answer));
  });

  test('warns of storage locations and snapshot classes that are not there, and of types that are not allowed', async () => {
    const warningsOf = async (body: object) => (await plan(body)).body.warnings.join('\n');
    assert.equal(await warningsOf({}), '');
    assert.match(
      await warningsOf({ parameters: { storageLocation: 'us' } }),
      /no storage location us. It has default, eu/,
    );
    assert.match(await warningsOf({ parameters: { storageLocation: 'eu' } }), /eu of old is Unavailable/);
    assert.match(
      await warningsOf({ parameters: { snapshotClassName: 'x' } }),
      /no VolumeSnapshotClass x. It has csi-rbd/,
    );
    assert.match(await warningsOf({ type: 'Restore', parameters: { backupName: 'b' } }), /allows Backup, not Restore/);
  });
});
