/**
 * Velero's own word over real HTTPS, where the rights allow it: ends that the operator hides, a copy that vanishes from
 * the bucket, and a cluster in which nothing of it may be read.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { type Scene, setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const patience = 60;
const readVelero = {
  verbs: ['get', 'list', 'watch'],
  groups: ['velero.io'],
  resources: ['backups', 'restores', 'backupstoragelocations'],
};

describe("Velero's own word", () => {
  let allowing: SimulatedCluster;
  let refusing: SimulatedCluster;
  let service: TestService;
  let scene: Scene;
  before(async () => {
    allowing = await startCluster({ name: 'allowing', speed: 50, vocabulary: 'code', grants: [readVelero] });
    refusing = await startCluster({ name: 'refusing', speed: 50 });
    service = await startTestService({ backend: 'postgres' });
    scene = await setScene(service.api, allowing, 'allowing');
  });
  after(async () => {
    await service.close();
    await allowing.close();
    await refusing.close();
  });

  const known = (clusterId: string) =>
    until('the condition VeleroKnown', patience, async () => {
      const { body } = await service.api.get(`/v1/clusters/${clusterId}`);
      return body.conditions.find(({ type }: { type: string }) => type === 'VeleroKnown');
    });
  const ask = async (of: Scene, more: object = {}): Promise<string> => {
    const { applicationInstanceId } = of;
    const { body } = await service.api.post('/v1/operations', { applicationInstanceId, type: 'Backup', ...more });
    return body.operation.id;
  };
  const phase = (id: string, wanted: string) =>
    until(`${id} ${wanted}`, patience, async () => {
      const { body } = await service.api.get(`/v1/operations/${id}`);
      return body.phase === wanted ? body : undefined;
    });

  const failureOf = ({ conditions }: { conditions: readonly { type: string; reason: string; message: string }[] }) =>
    conditions.find(({ type }) => type === 'Failed');

  test('where it may be read, a copy is known from Velero with its counts', async () => {
    assert.deepEqual(
      [(await known(scene.clusterId)).status, (await known(scene.clusterId)).reason],
      ['True', 'Followed'],
    );
    const id = await ask(scene);
    const { startedAt } = await phase(id, 'Succeeded');
    assert.ok(startedAt);
    const point = await until('the copy from Velero', patience, async () => {
      const { body } = await service.api.get(`/v1/recovery-points/${id}`);
      return body.knownFrom === 'Velero' && body.itemCount > 0 ? body : undefined;
    });
    assert.equal(point.goneAt, undefined);
    const { body } = await service.api.get(`/v1/clusters/${scene.clusterId}/copies`);
    assert.deepEqual(
      body.items.map((each: { operationId: string; phase: string }) => [each.operationId, each.phase]),
      [[id, 'Completed']],
    );
  });

  test('a backup that Velero does not begin with fails with its errors, while the operator says Running', async () => {
    allowing.inject({ kind: 'backup', outcome: 'FailedValidation', reason: 'no such location', count: 1 });
    const failed = failureOf(await phase(await ask(scene), 'Failed'));
    assert.deepEqual(
      [failed?.reason, failed?.message],
      ['FailedValidation', 'Velero states FailedValidation: no such location'],
    );
  });

  test('a Restore that Velero does not begin with leaves the cluster, and the next Backup goes', async () => {
    const { name: backupName } = await phase(await ask(scene), 'Succeeded');
    const parameters = { backupName };
    const given = { applicationInstanceId: scene.applicationInstanceId, type: 'Restore' };
    await until('its copy', patience, async () => {
      const { items } = (await service.api.get(`/v1/clusters/${scene.clusterId}/copies`)).body;
      return items.some((each: { name: string; copied: boolean }) => each.name === backupName && each.copied);
    });
    const unknown = await service.api.post('/v1/operations', { ...given, parameters: { backupName: 'of-nobody' } });
    assert.deepEqual([unknown.status, unknown.body.errors[0].pointer], [422, '/parameters/backupName']);
    assert.match(unknown.body.errors[0].detail, /Velero of allowing has no Backup of that name/);
    allowing.inject({ kind: 'backup', outcome: 'FailedValidation', resources: ['restores'], count: 1 });
    const refused = await phase(await ask(scene, { type: 'Restore', parameters }), 'Failed');
    assert.equal(failureOf(refused)?.reason, 'FailedValidation');
    await until(
      'the resource to leave',
      patience,
      async () => !allowing.get('operations', refused.namespace, refused.name),
    );
    await phase(await ask(scene), 'Succeeded');
    const { body } = await service.api.get(`/v1/operations/${refused.id}`);
    assert.deepEqual([body.phase, failureOf(body)?.reason], ['Failed', 'FailedValidation']);
    assert.ok(body.resourceGoneAt);
  });

  test('where it may not be read, everything works and says so', async () => {
    const other = await setScene(service.api, refusing, 'refusing');
    const id = await ask(other);
    await phase(id, 'Succeeded');
    const { status, reason, message } = await known(other.clusterId);
    assert.deepEqual([status, reason], ['False', 'NotAllowed']);
    assert.match(message, /known from the operator alone/);
    const { body } = await service.api.get(`/v1/recovery-points/${id}`);
    assert.deepEqual([body.knownFrom, body.warningCount], ['Operator', undefined]);
    const lists = refusing.requests.log.filter(({ resource }) => resource === 'backups');
    assert.equal(lists.length, 1, 'it is asked once, and again in some minutes');
  });
});
