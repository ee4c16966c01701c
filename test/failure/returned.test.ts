/**
 * A namespace is lost and restored from a copy that holds Operations, in place and beside it: what comes back is
 * recognized, runs no Restore again, and is counted once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { Operation } from '../../src/core/operations/rules/operation.ts';
import { type Scene, setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const home = 'org-myteam';
const beside = 'org-copy';

// biome-ignore lint/suspicious/noExplicitAny: an object of the cluster is read freely
type Resource = any;

describe('Operations that a restore brings back', () => {
  let cluster: SimulatedCluster;
  let service: TestService;
  let scene: Scene;
  before(async () => {
    cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
    service = await startTestService({ backend: 'postgres' });
    scene = await setScene(service.api, cluster);
  });
  after(async () => {
    await service.close();
    await cluster.close();
  });

  const find = async (id: string): Promise<Operation> => (await service.api.get(`/v1/operations/${id}`)).body;
  const reasons = async (id: string): Promise<string[]> =>
    (await service.api.get(`/v1/operations/${id}/events?orderBy=at&limit=200`)).body.items.map(
      ({ reason }: { reason: string }) => reason,
    );
  const returned = async (id: string) => (await find(id)).conditions.find(({ type }) => type === 'Returned');
  const inCluster = (namespace: string, name: string): Resource => cluster.get('operations', namespace, name);
  const succeeded = async (more: object): Promise<Operation> => {
    const { applicationInstanceId } = scene;
    const { body, status } = await service.api.post('/v1/operations', { applicationInstanceId, ...more });
    assert.equal(status, 201, JSON.stringify(body));
    return until(`${body.operation.name} succeeds`, 30, async () => {
      const operation = await find(body.operation.id);
      return operation.phase === 'Succeeded' ? operation : undefined;
    });
  };
  /** As Velero restores an object: without its uid and its status. */
  const putBack = (saved: Resource, namespace: string) => {
    const { name, labels, annotations } = saved.metadata;
    const { status: _, ...rest } = structuredClone(saved);
    cluster.put('operations', { ...rest, metadata: { name, namespace, labels, annotations } });
  };
  const loseNamespace = async () => {
    cluster.deleteNamespace(home);
    await until('the namespace is gone', 20, () => cluster.get('namespaces', undefined, home) === undefined);
    for (const namespace of [home, beside]) {
      cluster.addNamespace(namespace);
      cluster.addApplicationInstance(namespace, 'nextcloud-myteam');
    }
  };

  test('are counted once, whatever they do; Restores among them are deleted, and Backups left and told', async () => {
    const backup = await succeeded({ type: 'Backup' });
    const restore = await succeeded({ type: 'Restore', parameters: { backupName: backup.name } });
    const saved = [backup, restore].map(({ name }) => structuredClone(inCluster(home, name)));
    assert.ok(saved.every((each) => each.metadata.labels['velero.io/exclude-from-backup'] === 'true'));
    await loseNamespace();
    // One after the other, because the webhook denies a Backup while a Restore is in flight.
    const [savedBackup, savedRestore] = saved;
    for (const namespace of [home, beside]) putBack(savedRestore, namespace);
    await until('both Restores are gone again', 30, () =>
      [home, beside].every((namespace) => inCluster(namespace, restore.name) === undefined),
    );
    await until('all is told', 30, async () => (await returned(restore.id))?.reason === 'Gone');
    const told = await reasons(restore.id);
    for (const reason of ['Returned', 'ReturnedDeleted', 'ReturnedGone'])
      assert.equal(told.filter((each) => each === reason).length, 2, `${reason}: ${told.join()}`);
    for (const namespace of [home, beside]) putBack(savedBackup, namespace);
    await until('both Backups are told', 30, async () => {
      const found = await reasons(backup.id);
      return found.filter((each) => each === 'Returned').length === 2;
    });
    assert.equal((await returned(backup.id))?.status, 'True');
    assert.ok([home, beside].every((namespace) => inCluster(namespace, backup.name) !== undefined));

    const { body } = await service.api.get('/v1/operations?limit=200');
    assert.deepEqual(body.items.map(({ id }: Operation) => id).toSorted(), [backup.id, restore.id].toSorted());
    const points = (await service.api.get('/v1/recovery-points?limit=200')).body.items;
    assert.deepEqual(
      points.map(({ operationId }: { operationId: string }) => operationId),
      [backup.id],
    );
    for (const before of [backup, restore]) {
      const kept = ({ startedAt, finishedAt, expiresAt, phase, uid }: Operation) => [
        startedAt,
        finishedAt,
        expiresAt,
        phase,
        uid,
      ];
      assert.deepEqual(kept(await find(before.id)), kept(before));
    }
  });
});
