/**
 * A namespace is lost and restored from a copy that holds Operations, in place and beside it: what comes back is
 * recognized, runs no Restore again, and is counted once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { beside, disasterOf, home } from '../support/disaster.ts';
import type { Free } from '../support/kubernetes/free-object.ts';
import { setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

describe('Operations that a restore brings back', () => {
  let cluster: SimulatedCluster;
  let service: TestService;
  before(async () => {
    cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
    service = await startTestService({ backend: 'postgres' });
  });
  after(async () => {
    await service.close();
    await cluster.close();
  });

  /** As Velero restores an object: without its uid and its status. */
  const putBack = (saved: Free, namespace: string) => {
    const { name, labels, annotations } = saved.metadata;
    const { status: _, ...rest } = structuredClone(saved);
    cluster.put('operations', { ...rest, metadata: { name, namespace, labels, annotations } });
  };
  test('are counted once, whatever they do; Restores among them are deleted, and Backups left and told', async () => {
    const { applicationInstanceId } = await setScene(service.api, cluster);
    const { inCluster, loseNamespace, reasons, returned, succeeded, assertCountedOnce } = disasterOf(
      service.api,
      cluster,
      applicationInstanceId,
    );
    const backup = await succeeded({ type: 'Backup' });
    const restore = await succeeded({ type: 'Restore', parameters: { backupName: backup.name } });
    const saved = [backup, restore].map(({ name }) => structuredClone(inCluster(home, name)));
    assert.ok(saved.every((each) => each.metadata.labels['velero.io/exclude-from-backup'] === 'true'));
    await loseNamespace();
    for (const namespace of [home, beside]) {
      cluster.addNamespace(namespace);
      cluster.addApplicationInstance(namespace, 'nextcloud-myteam');
    }
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

    await assertCountedOnce([backup, restore]);
  });
});
