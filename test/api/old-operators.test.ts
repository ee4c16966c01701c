/** What is asked for is judged by what the cluster's operator is known to accept, and sent as it takes it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { checkDueClusters } from '../../src/core/clusters/check.ts';
import type { ClusterApi } from '../../src/kubernetes/cluster-api.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { loopbackAllowed } from '../support/loopback.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { setScene } from './scene.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

describe('an operator that knows fewer parameters', () => {
  let api: TestApi;
  let clusters: ClusterApi & { close(): Promise<void> };
  let old: SimulatedCluster;
  let id = '';
  let applicationInstanceId = '';
  before(async () => {
    clusters = clusterApi({ log: quiet, ...loopbackAllowed, timings: { connectSeconds: 2, callSeconds: 10 } });
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

  const patchClass = async (defaultParameters: object) => {
    const { applicationClassId } = (await api.call('GET', `/v1/application-instances/${applicationInstanceId}`)).body;
    const changed = await api.call('PATCH', `/v1/application-classes/${applicationClassId}`, {
      body: { defaultParameters },
    });
    assert.equal(changed.status, 200, changed.text);
  };

  test('is sent what was asked for while it is not known', async () => {
    const planned = await plan({ parameters: { snapshotVolumes: true } });
    assert.equal(planned.status, 200, planned.text);
    assert.equal(planned.body.manifest.spec.parameters.ttl, '720h');
  });

  test('is refused what it does not accept, with the field, the cluster and what to do', async () => {
    const looking = { ...api.ports, log: quiet, chance: () => 0.5, stopping: new AbortController().signal };
    await checkDueClusters({ ...looking, held: async () => [id] });
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
    await patchClass({ snapshotVolumes: true });
    const triggered = await api.call('POST', `/v1/schedules/${made.id}/trigger`);
    assertProblem(triggered, 422, 'rule-violated');
    assert.match(triggered.body.errors[0].detail, /comes from the application class's defaultParameters/);
    await patchClass({});
  });

  const apply = (body: object) =>
    api.call('POST', `/v1/application-instances/${applicationInstanceId}/apply-protection-plan`, { body });
  const planned = async (): Promise<{ name: string; ttl: string }[]> =>
    (await api.call('GET', `/v1/schedules?applicationInstanceId=${applicationInstanceId}&limit=200`)).body.items
      .filter((each: { protectionPlanId?: string }) => each.protectionPlanId !== undefined)
      .map(({ name, ttl }: { name: string; ttl: string }) => ({ name, ttl }));
  /** As if it had been found out: what the operator accepts of a backup. */
  const accepts = (backup: readonly string[]) =>
    api.opened.pool.query(
      `update cluster set discovery = jsonb_set(discovery::jsonb, '{acceptedParameters,backup}', $2) where id = $1`,
      [id, JSON.stringify(backup)],
    );

  test('a preview refuses what creating the schedule would, and of one that is there it warns', async () => {
    const schedule = { applicationInstanceId, name: 'previewed', schedule: '0 2 * * *' };
    const preview = (parameters: object) =>
      api.call('POST', '/v1/schedules/preview', { body: { ...schedule, template: { parameters } } });
    const refused = await preview({ snapshotVolumes: true });
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/template/parameters/snapshotVolumes']);
    assert.match((await preview({ storageLocation: 'us' })).body.warnings.join(), /no storage location us/);
    const made = await api.make('/v1/schedules', schedule);
    const known = () => api.call('GET', `/v1/schedules/${made.id}/preview?count=2`);
    assert.deepEqual((await known()).body.warnings, []);
    await patchClass({ snapshotVolumes: true });
    const { items, warnings } = (await known()).body;
    assert.equal(items.length, 2);
    assert.match(warnings.join(), /will be refused .*snapshotVolumes.*cluster old .*application class's/);
    await patchClass({});
  });

  test('a plan is not applied where its backups would be refused; what is doubtful is a warning', async () => {
    await patchClass({ snapshotVolumes: true, includedResources: ['pods'] });
    const refused = await apply({ protectionPlanName: 'gfs-23' });
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/protectionPlanName', '/protectionPlanName']);
    assert.match(refused.body.errors[0].detail, /^snapshotVolumes: .*cluster old .*remove it there, or update/);
    assert.match(refused.body.errors[1].detail, /^includedResources: .*It is about apps\/cloud\.$/);
    assert.deepEqual(await planned(), []);
    const instance = await api.call('GET', `/v1/application-instances/${applicationInstanceId}`);
    assert.equal(instance.body.protectionPlanId, undefined);
    await patchClass({ storageLocation: 'eu' });
    const applied = await apply({ protectionPlanName: 'gfs-23' });
    assert.equal(applied.status, 200, applied.text);
    assert.match(applied.body.warnings.join(), /eu of old is Unavailable/);
    assert.equal((await planned()).length, 3);
    await patchClass({ snapshotVolumes: true });
    const again = await apply({ protectionPlanName: 'gfs-23' });
    assert.equal(again.status, 200, again.text);
    assert.match(again.body.warnings.join(), /will be refused .*snapshotVolumes: .*cluster old/);
    await patchClass({});
  });

  test('a change of a plan that one application cannot take is made nowhere', async () => {
    const daily = { name: 'daily', schedule: '0 2 * * *', ttl: '720h' };
    const gold = await api.make('/v1/protection-plans', { name: 'gold', entries: [daily] });
    await apply({ protectionPlanId: gold.id });
    const { clusterId, applicationClassId } = await setScene(api);
    const application = { clusterId, applicationClassId, namespace: 'apps', name: 'elsewhere' };
    const other = await api.make('/v1/application-instances', application);
    await api.call('POST', `/v1/application-instances/${other.id}/apply-protection-plan`, {
      body: { protectionPlanId: gold.id },
    });
    await patchClass({ snapshotVolumes: true });
    const change = (entries: readonly object[]) =>
      api.call('PATCH', `/v1/protection-plans/${gold.id}`, { body: { entries } });
    const refused = await change([daily, { name: 'weekly', schedule: '0 3 * * 0', ttl: '2016h' }]);
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/entries/1']);
    assert.match(refused.body.errors[0].detail, /^snapshotVolumes: .*cluster old .*It is about apps\/cloud\.$/);
    assert.match(refused.body.detail, /Nothing was changed, at no application/);
    assert.equal((await api.call('GET', `/v1/protection-plans/${gold.id}`)).body.revision, 1);
    const elsewhere = await api.call('GET', `/v1/schedules?applicationInstanceId=${other.id}`);
    assert.equal(elsewhere.body.items.length, 1);
    assert.deepEqual(await planned(), [{ name: 'plan-daily', ttl: '720h' }]);
    assert.equal(
      (await change([{ ...daily, schedule: '0 4 * * *' }])).status,
      200,
      'no other parameters are asked for',
    );
    await patchClass({});

    await accepts(['storageLocation']);
    const noTtl = await change([{ ...daily, ttl: '900h' }]);
    assertProblem(noTtl, 422, 'rule-violated');
    assert.deepEqual(pointersOf(noTtl), ['/entries/0/ttl']);
    assert.match(noTtl.body.errors[0].detail, /accepts no time to live.*update the operator/);
    assert.deepEqual(await planned(), [{ name: 'plan-daily', ttl: '720h' }]);
    await accepts(['retention', 'snapshotClassName', 'storageLocation']);
    assert.equal((await change([{ ...daily, ttl: '900h' }])).status, 200);
    assert.deepEqual(await planned(), [{ name: 'plan-daily', ttl: '900h' }]);
  });

  test('is sent the time to live as retention, which it accepts', async () => {
    const planned = await plan({ ttl: '48h' });
    assert.deepEqual(planned.body.manifest.spec.parameters, { retention: '48h' });
    assert.equal(planned.body.operation.ttl, '48h');
    const target = await api.opened.directory.target(id);
    assert.ok(target);
    const answer = await clusters.apply(target, planned.body.manifest, performance.now() + 60_000);
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
