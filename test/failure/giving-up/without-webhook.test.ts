/**
 * Without the operator's webhook, which is its chart's default, a conflict is not refused: it waits in the cluster. What
 * was given up here meanwhile must not run when the conflict has passed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespace, startDelivering } from '../../support/delivering.ts';
import { freeObject } from '../../support/kubernetes/free-object.ts';
import { until } from '../../support/until.ts';

test('a Restore that waited in the cluster behind a Backup of others, and was given up, never runs', async () => {
  const scene = await startDelivering({ webhooks: false });
  try {
    const { cluster } = scene;
    const object = (name: string) => freeObject(cluster, 'operations', namespace, name);
    const source = await scene.ask();
    await scene.deliver();
    await until('the copy', 60, async () => scene.phaseInCluster(source) === 'Succeeded');
    await scene.look([source]);

    // By kubectl, and it never ends. The service has not seen it yet.
    cluster.inject({ kind: 'backup', outcome: 'hang', names: ['by-hand'], count: 1 });
    const { apiVersion, kind, spec } = object(source.name);
    cluster.put('operations', { apiVersion, kind, metadata: { name: 'by-hand', namespace }, spec });
    await until('it to run', 60, async () => object('by-hand')?.status?.phase === 'Running');

    const restore = await scene.ask({ type: 'Restore', parameters: { backupName: source.name } });
    await scene.deliver();
    await until('the conflict', 60, async () => scene.phaseInCluster(restore) === 'Pending');
    await scene.look([restore]);
    scene.ahead(1801);
    assert.equal(await scene.expire(), 1);
    await scene.deliver();
    await until('it to leave', 60, async () => object(restore.name) === undefined);
    scene.ahead(30);
    await scene.deliver();
    const failed = (await scene.find(restore.id)).conditions.find(({ type }) => type === 'Failed');
    assert.equal(failed?.reason, 'PendingTimeout');
    assert.match(failed?.message ?? '', /by-hand.*The cluster states that the resource is gone/);

    const target = await scene.api.opened.directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    await scene.api.ports.clusterApi.remove(target, { name: 'by-hand', namespace });
    await until('the way to be free', 60, async () => object('by-hand') === undefined);
    const next = await scene.ask();
    await scene.deliver();
    await until('the next Backup', 60, async () => scene.phaseInCluster(next) === 'Succeeded');
    assert.equal(freeObject(cluster, 'restores', 'velero', restore.name), undefined, 'Velero never heard of it');
  } finally {
    await scene.close();
  }
});
