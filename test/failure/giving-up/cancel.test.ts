/** A cancel in every state: it leaves nothing running, and never deletes what has finished. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { manifestOf } from '../../../src/core/operations/rules/manifest.ts';
import { type Delivering, namespace, startDelivering } from '../../support/delivering.ts';
import { freeObject } from '../../support/kubernetes/free-object.ts';
import { until } from '../../support/until.ts';

describe('cancelling', () => {
  let scene: Delivering;
  before(async () => {
    scene = await startDelivering({ speed: 50, vocabulary: 'code' });
  });
  beforeEach(async () => {
    scene.cluster.clearFaults();
    await scene.cluster.start();
  });
  after(() => scene.close());

  const object = (name: string) => scene.cluster.get('operations', namespace, name);
  /** A delete has found it, which the cluster's log of requests tells, and it is there no more. */
  const gone = (name: string) =>
    until(`${name} was there and is gone`, 20, () => {
      const found = scene.cluster.requests.log.some(
        (request) => request.verb === 'delete' && request.name === name && request.code === 200,
      );
      return found && object(name) === undefined;
    });
  const hung = async () => {
    const operation = await scene.ask();
    scene.hang(operation);
    await scene.deliver();
    await until('it runs', 20, () => scene.phaseInCluster(operation) === 'Running');
    await scene.look([operation]);
    return operation;
  };
  const deletes = () => scene.cluster.requests.byVerb().delete ?? 0;

  test('before the delivery it ends at once, and is never delivered', async () => {
    const operation = await scene.ask();
    const { status, body } = await scene.cancel(operation.id);
    assert.deepEqual([status, body.phase], [200, 'Cancelled']);
    await scene.deliver();
    assert.equal(object(operation.name), undefined);
    assert.equal((await scene.cancel(operation.id)).status, 409);
  });

  test('with the cluster away it ends at once if it surely never arrived, also past its deadline', async () => {
    const operation = await scene.ask({ deliveryDeadlineSeconds: 60 });
    await scene.cluster.stop();
    await scene.deliver();
    scene.ahead(120);
    assert.equal((await scene.cancel(operation.id)).body.phase, 'Cancelled');
    await scene.cluster.start();
    scene.ahead(61);
    await scene.deliver();
    assert.equal(object(operation.name), undefined);
  });

  test('with the cluster away the wish is kept, and carried out when it is back', async () => {
    const operation = await hung();
    await scene.cluster.stop();
    const asked = await scene.cancel(operation.id);
    assert.deepEqual([asked.status, asked.body.phase], [200, 'Running']);
    assert.equal((await scene.cancel(operation.id)).body.cancelRequestedAt, asked.body.cancelRequestedAt);
    await scene.deliver();
    scene.ahead(14_401);
    await scene.expire();
    assert.equal((await scene.find(operation.id)).phase, 'Failed', 'our deadline ends it meanwhile');
    await scene.cluster.start();
    scene.ahead(61);
    await scene.deliver();
    await gone(operation.name);
  });

  test('while it runs it is deleted, and Cancelled once it is gone', async () => {
    const operation = await hung();
    await scene.cancel(operation.id);
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Running');
    await gone(operation.name);
    await scene.set(operation.id, `owed = 'Delete', next_attempt_at = now()`);
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Cancelled');
  });

  test('while a call is under way its outcome decides, and nothing stays in the cluster', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'slow', ms: 500, verbs: ['patch'] });
    const delivering = scene.deliver();
    await until('the call is under way', 10, async () => {
      const { rows } = await scene.api.opened.pool.query('select lease_id from operation where id = $1', [
        operation.id,
      ]);
      return rows[0].lease_id !== null;
    });
    const { body } = await scene.cancel(operation.id);
    assert.equal(body.phase, 'Pending');
    await delivering;
    scene.ahead(61);
    await scene.deliver();
    await gone(operation.name);
  });

  test('what comes back after it was deleted, by an apply that was on its way, is deleted again', async () => {
    const operation = await hung();
    const target = await scene.api.opened.directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    await scene.cancel(operation.id);
    await scene.deliver();
    await gone(operation.name);
    await scene.set(operation.id, `owed = 'Delete', next_attempt_at = now()`);
    await scene.deliver();
    scene.hang(operation);
    const { clusterApi } = scene.api.ports;
    const late = await clusterApi.apply(target, manifestOf(operation, target.cluster), performance.now() + 60_000);
    assert.equal(late.kind, 'Applied');
    await scene.look([operation]);
    await scene.deliver();
    await gone(operation.name);
    assert.equal((await scene.find(operation.id)).phase, 'Cancelled');
    assert.ok((await scene.told(operation.id)).includes('Returned'));
  });

  test('what may have arrived is looked for and deleted', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'cutAfterCommit', count: 1 });
    await scene.deliver();
    await scene.cancel(operation.id);
    scene.ahead(61);
    await scene.deliver();
    await gone(operation.name);
  });

  test('what has finished before anybody here knew is not deleted, and stays as it ended', async () => {
    const operation = await scene.ask();
    await scene.deliver();
    await until('it has finished in the cluster', 30, () => scene.phaseInCluster(operation) === 'Succeeded');
    const before = deletes();
    assert.equal((await scene.cancel(operation.id)).body.phase, 'Pending');
    await scene.deliver();
    assert.equal(deletes(), before);
    assert.equal((await scene.find(operation.id)).phase, 'Succeeded');
    assert.ok(object(operation.name) !== undefined);
    assert.equal((await scene.cancel(operation.id)).status, 409);
  });

  test('what finishes between the look and the delete is not deleted', async () => {
    const operation = await hung();
    const target = await scene.api.opened.directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    const { clusterApi } = scene.api.ports;
    const seen = await clusterApi.read(target, operation);
    assert.ok(seen.kind === 'Found');
    const backup = freeObject(scene.cluster, 'backups', 'velero', operation.name);
    scene.cluster.put('backups', { ...backup, status: { ...backup.status, phase: 'Completed' } });
    await until('it has finished', 20, () => scene.phaseInCluster(operation) === 'Succeeded');
    assert.partialDeepStrictEqual(await clusterApi.remove(target, seen.observation), {
      kind: 'Refused',
      reason: 'Modified',
    });
    await scene.cancel(operation.id);
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Succeeded');
    assert.ok(object(operation.name) !== undefined);
  });

  test('a CRD that is away says nothing of its resources, until it has been away for an hour', async () => {
    const operation = await hung();
    scene.cluster.removeCrd('operations');
    await scene.cancel(operation.id);
    await scene.deliver();
    const { phase, conditions } = await scene.find(operation.id);
    assert.equal(phase, 'Running');
    assert.equal(conditions.find(({ type }) => type === 'DeletionPending')?.reason, 'CrdMissing');
    scene.ahead(3601);
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Cancelled');
    scene.cluster.restoreCrd('operations');
  });
});
