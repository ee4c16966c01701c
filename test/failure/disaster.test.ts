/**
 * A namespace whose copies hold Operations of ours, made before they were labelled to be left out, is lost. Velero
 * restores it elsewhere and in place, and the operator runs what comes back, as it does with all that is new.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { beside, disasterOf, home } from '../support/disaster.ts';
import { setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

describe('a namespace that is lost, and restored from a copy that holds Operations', () => {
  let cluster: SimulatedCluster;
  let service: TestService;
  before(async () => {
    // At its own speed a Restore takes 20 s: longer than the service needs to find one that came back.
    cluster = await startCluster({ name: 'cluster-prod-1', speed: 1 });
    service = await startTestService({ backend: 'postgres' });
  });
  after(async () => {
    await service.close();
    await cluster.close();
  });

  test('has nothing run twice and nothing counted twice, and the record says what happened', async () => {
    const { applicationInstanceId } = await setScene(service.api, cluster);
    const ahead = () => cluster.advance(5_000);
    const scene = disasterOf(service.api, cluster, applicationInstanceId, ahead);
    const first = await scene.succeeded({ type: 'Backup' });
    const restore = await scene.succeeded({ type: 'Restore', parameters: { backupName: first.name } });
    for (const { name } of [first, restore]) {
      const resource = structuredClone(scene.inCluster(home, name));
      delete resource.metadata.labels['velero.io/exclude-from-backup'];
      cluster.put('operations', resource);
    }
    const last = await scene.succeeded({ type: 'Backup' });
    const asked = [first, restore, last];
    const copies = [first.name, last.name].toSorted();
    assert.deepEqual(cluster.copies(), copies);

    cluster.setWebhooks(false);
    await scene.loseNamespace();
    await until("Velero has the copies' resources again", 20, async () => {
      await ahead();
      return copies.every((name) => cluster.get('backups', 'velero', name) !== undefined);
    });
    const recovered = async (name: string, namespaceMapping: Readonly<Record<string, string>>, namespace: string) => {
      const spec = { backupName: last.name, namespaceMapping };
      const metadata = { name, namespace: 'velero' };
      cluster.put('restores', { apiVersion: 'velero.io/v1', kind: 'Restore', metadata, spec });
      await until(`${name} has brought the Operations`, 10, async () => {
        await cluster.advance(500);
        return [first, restore].every((each) => scene.inCluster(namespace, each.name) !== undefined);
      });
      await until(
        `the Restore in ${namespace} is deleted`,
        10,
        () => scene.inCluster(namespace, restore.name) === undefined,
      );
    };
    await recovered('recover-elsewhere', { [home]: beside }, beside);
    await recovered('recover-in-place', {}, home);
    await until('all is told', 20, async () => (await scene.returned(restore.id))?.reason === 'Gone');

    // Whatever the operator still does of what is left there, it does in the weeks to come as well.
    await cluster.advance(11 * 3_600_000);
    assert.equal(cluster.get('restores', 'velero', restore.name), undefined);
    assert.deepEqual(cluster.copies(), copies, 'no copy was made, and none lost');
    await scene.assertCountedOnce(asked);

    const words = (await scene.told(restore.id)).map(({ message }) => message).join('\n');
    for (const namespace of [beside, home])
      for (const pattern of [
        `came back as ${namespace}/${restore.name}, under the uid .* a restore brought it`,
        `The cluster is deleting ${namespace}/${restore.name}, which had returned`,
        `${namespace}/${restore.name}, which had returned, is gone`,
      ])
        assert.match(words, new RegExp(pattern));
    const condition = await scene.returned(first.id);
    assert.equal(condition?.status, 'True');
    assert.match(condition?.message ?? '', /1 more came back.*It is left, because deleting it deletes Velero's Backup/);
    // It is a finding once it has lasted a minute.
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query(`update returned_resource set seen_at = seen_at - interval '61 seconds'`);
    await client.end();
    const { findings } = (await service.api.get('/v1/watchdog')).body;
    assert.deepEqual(
      findings
        .filter(({ kind }: { kind: string }) => kind === 'OperationReturned')
        .map(({ resourceId }: { resourceId: string }) => resourceId),
      [first.id],
    );
    for (const namespace of [beside, home]) {
      assert.notEqual(scene.inCluster(namespace, first.name), undefined, 'a Backup is left');
      assert.equal(scene.inCluster(namespace, last.name), undefined, 'what is labelled does not come back');
    }
  });
});
