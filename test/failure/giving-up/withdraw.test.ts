/** What is given up does not run later, what runs is not deleted by a deadline, and a person can always cancel. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { observe } from '../../../src/core/operations/rules/observed/observe.ts';
import type { Operation } from '../../../src/core/operations/rules/operation.ts';
import { type Delivering, namespace, startDelivering } from '../../support/delivering.ts';
import { freeObject } from '../../support/kubernetes/free-object.ts';
import { until } from '../../support/until.ts';

describe('giving up', () => {
  let scene: Delivering;
  before(async () => {
    // Its operator looks at nothing for as long as these tests run.
    scene = await startDelivering({ speed: 0.0001 });
  });
  beforeEach(async () => {
    scene.cluster.clearFaults();
    await scene.cluster.start();
    const { pool, directory } = scene.api.opened;
    const { rows } = await pool.query(
      `update operation set phase = 'Cancelled', owed = null, deletion_reason = null, next_attempt_at = null, deleting_since = null, in_flight_in_cluster = null returning name`,
    );
    const target = await directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    for (const { name } of rows) await scene.api.ports.clusterApi.remove(target, { name, namespace });
  });
  after(() => scene.close());

  const ask = { Backup: {}, Restore: { type: 'Restore', parameters: { backupName: 'some-backup' } } } as const;
  const object = (name: string) => freeObject(scene.cluster, 'operations', namespace, name);
  const condition = async (id: string, wanted: string) =>
    (await scene.find(id)).conditions.find(({ type }) => type === wanted);
  const toldCount = async (id: string, reason: string) =>
    (await scene.told(id)).filter((each) => each === reason).length;
  const findings = async (id: string) => {
    const { body } = await scene.api.call('GET', '/v1/watchdog');
    return body.findings
      .filter(({ resourceId }: { resourceId: string }) => resourceId === id)
      .map(({ kind }: { kind: string }) => kind);
  };
  const deliverLater = async () => {
    scene.ahead(21);
    await scene.deliver();
  };
  const pending = async (type: 'Backup' | 'Restore') => {
    const operation = await scene.ask(ask[type]);
    await scene.deliver();
    assert.ok((await scene.find(operation.id)).deliveredAt !== undefined);
    return operation;
  };
  const states = (operation: Operation, status: object, metadata: object = {}) => {
    const known = object(operation.name);
    scene.cluster.put('operations', { ...known, metadata: { ...known.metadata, ...metadata }, status });
  };
  const running = async (type: 'Backup' | 'Restore') => {
    const operation = await pending(type);
    states(operation, { phase: 'Running', startedAt: scene.now() });
    await scene.look([operation]);
    assert.equal((await scene.find(operation.id)).phase, 'Running');
    return operation;
  };

  test('what did not start is withdrawn before it fails, and does not run when the way is free again', async () => {
    for (const type of ['Restore', 'Backup'] as const) {
      const operation = await pending(type);
      scene.ahead(1801);
      await scene.expire();
      await scene.expire();
      assert.equal((await scene.find(operation.id)).phase, 'Pending');
      assert.equal((await condition(operation.id, 'Withdrawing'))?.reason, 'PendingTimeout');
      assert.equal(await toldCount(operation.id, 'Withdrawing'), 1);
      await scene.deliver();
      assert.equal(object(operation.name), undefined);
      assert.equal((await scene.find(operation.id)).phase, 'Pending', 'the cluster has not stated that it is gone');
      await deliverLater();
      assert.equal((await scene.find(operation.id)).phase, 'Failed');
      assert.equal((await condition(operation.id, 'Failed'))?.reason, 'PendingTimeout');
      const again = await scene.cancel(operation.id);
      assert.equal(again.status, 409);
      assert.match(JSON.stringify(again.body), /is not in the cluster/);
    }
  });

  test('what starts before it could be withdrawn goes on, and is overdue like any other', async () => {
    const operation = await pending('Restore');
    scene.ahead(1801);
    await scene.expire();
    states(operation, { phase: 'Running', startedAt: scene.now() });
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Running');
    assert.equal((await condition(operation.id, 'Withdrawing'))?.status, 'False');
    scene.ahead(14_401);
    await scene.expire();
    await deliverLater();
    assert.ok(object(operation.name) !== undefined);
    assert.equal((await condition(operation.id, 'Overdue'))?.status, 'True');
    await scene.cancel(operation.id);
  });

  test('the version before neither sees nor claims a withdrawal', async () => {
    const operation = await pending('Restore');
    scene.ahead(1801);
    await scene.expire();
    const { rows } = await scene.api.opened.pool.query('select owed, deletion_reason from operation where id = $1', [
      operation.id,
    ]);
    assert.deepEqual(rows, [{ owed: null, deletion_reason: 'Withdraw' }]);
    await scene.cancel(operation.id);
    await scene.deliver();
  });

  test('with the cluster away a withdrawal stays owed, is told, holds up no schedule, and is a finding after an hour', async () => {
    const operation = await pending('Restore');
    const target = { applicationInstanceId: scene.applicationInstanceId, schedule: '0 2 * * *', timeZone: 'UTC' };
    const held = async () => {
      const { body } = await scene.api.call('POST', '/v1/schedules/preview', {
        body: { name: 'nightly', ...target },
      });
      return JSON.stringify(body).includes(operation.name);
    };
    assert.ok(await held(), 'a Restore defers Backups');
    await scene.cluster.stop();
    scene.ahead(1801);
    await scene.expire();
    await scene.deliver();
    assert.equal((await condition(operation.id, 'DeletionPending'))?.reason, 'Unreachable');
    assert.ok(!(await held()));
    assert.deepEqual(await findings(operation.id), []);
    scene.ahead(3700);
    assert.deepEqual(await findings(operation.id), ['WithdrawalNotDone']);
    await scene.cluster.start();
    await deliverLater();
    await deliverLater();
    assert.equal((await scene.find(operation.id)).phase, 'Failed');
    assert.deepEqual(await findings(operation.id), []);
  });

  const endedBefore = async (operation: Operation, reason: string) => {
    const failed = { type: 'Failed', status: 'True', reason, message: 'left', lastTransitionTime: scene.now() };
    await scene.set(operation.id, `phase = 'Failed', finished_at = now(), conditions = '${JSON.stringify([failed])}'`);
  };

  test('what the version before left in the cluster is withdrawn, unless it has started', async () => {
    const left = await pending('Restore');
    await endedBefore(left, 'PendingTimeout');
    await scene.look([left]);
    assert.equal((await condition(left.id, 'Withdrawing'))?.reason, 'LeftBehind');
    await scene.deliver();
    assert.equal(object(left.name), undefined);
    await deliverLater();
    const { phase, resourceGoneAt } = await scene.find(left.id);
    assert.deepEqual([phase, resourceGoneAt !== undefined], ['Failed', true]);
    assert.ok((await scene.told(left.id)).includes('ResourceGone'));

    const started = await pending('Restore');
    await endedBefore(started, 'PendingTimeout');
    states(started, { phase: 'Running', startedAt: scene.now() });
    await scene.look([started]);
    await scene.deliver();
    assert.ok(object(started.name) !== undefined);
    assert.ok((await scene.told(started.id)).includes('StartedAfterEnd'));
    assert.equal((await scene.cancel(started.id)).body.phase, 'Failed');
    await scene.deliver();
    assert.equal(object(started.name), undefined);
  });

  test('a Backup that runs for too long is left, blocks nothing here, and a person can still cancel it', async () => {
    const operation = await running('Backup');
    scene.ahead(14_401);
    await scene.expire();
    assert.equal((await scene.find(operation.id)).phase, 'Failed');
    await deliverLater();
    assert.ok(object(operation.name) !== undefined);
    const { status, body } = await scene.cancel(operation.id);
    assert.deepEqual([status, body.phase], [200, 'Failed']);
    await scene.deliver();
    assert.equal(object(operation.name), undefined);
    await deliverLater();
    assert.ok((await scene.find(operation.id)).resourceGoneAt !== undefined);
    assert.equal(await toldCount(operation.id, 'CancelRequested'), 1);
    assert.equal((await scene.cancel(operation.id)).status, 409);
  });

  test('a Restore that runs for too long stays, is told loudly, and goes when a person cancels it', async () => {
    const operation = await running('Restore');
    scene.ahead(14_401);
    await scene.expire();
    await scene.expire();
    await deliverLater();
    assert.equal((await scene.find(operation.id)).phase, 'Running');
    assert.ok(object(operation.name) !== undefined);
    assert.equal(await toldCount(operation.id, 'Overdue'), 1);
    assert.deepEqual(await findings(operation.id), ['RestoreOverdue']);
    await scene.cancel(operation.id);
    await scene.deliver();
    assert.equal(object(operation.name), undefined);
    await deliverLater();
    assert.equal((await scene.find(operation.id)).phase, 'Cancelled');
  });

  test('an overdue Restore that somebody deletes by hand has failed, whoever learns of it first', async () => {
    const { observations, directory } = scene.api.opened;
    const told = async (operation: Operation, source?: 'Watched') => {
      const { name, uid = '' } = await scene.find(operation.id);
      const of = { name, namespace, uid, deleted: true, ...(source !== undefined && { source }) };
      const seen = { ...of, operationId: operation.id, status: { phase: 'Running' } } as const;
      await observations.ingest(scene.clusterId, [seen], (known, each) => observe(known, each, scene.now()));
    };
    const ways = [deliverLater, (each: Operation) => told(each, 'Watched'), (each: Operation) => told(each)];
    for (const learn of ways) {
      const operation = await running('Restore');
      scene.ahead(14_401);
      await scene.expire();
      await deliverLater();
      assert.deepEqual(await findings(operation.id), ['RestoreOverdue']);
      const target = await directory.target(scene.clusterId);
      assert.ok(target !== undefined);
      await scene.api.ports.clusterApi.remove(target, { name: operation.name, namespace });
      await learn(operation);
      const { phase, finishedAt } = await scene.find(operation.id);
      assert.deepEqual([phase, (await condition(operation.id, 'Failed'))?.reason], ['Failed', 'ExternalDeletion']);
      assert.ok(finishedAt !== undefined);
      assert.deepEqual(await findings(operation.id), []);
      await deliverLater();
      assert.deepEqual((await scene.find(operation.id)).finishedAt, finishedAt);
    }
  });

  test('a deletion that the cluster does not finish is told with the way out, until it is gone', async () => {
    const operation = await pending('Backup');
    const target = await scene.api.opened.directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    states(operation, { phase: 'Pending' }, { finalizers: ['example.com/kept'] });
    const deleted = await scene.api.ports.clusterApi.remove(target, { name: operation.name, namespace });
    assert.equal(deleted.kind, 'Deleted');
    await scene.look([operation]);
    assert.ok((await scene.find(operation.id)).deletingSince !== undefined);
    await scene.set(operation.id, `deleting_since = '${scene.now()}'`);
    await scene.expire();
    assert.equal(await toldCount(operation.id, 'DeletionStuck'), 0);
    scene.ahead(121);
    await scene.expire();
    await scene.expire();
    assert.match((await condition(operation.id, 'DeletionPending'))?.message ?? '', /kubectl patch .*The cost/);
    assert.equal(await toldCount(operation.id, 'DeletionStuck'), 1);
    assert.deepEqual(await findings(operation.id), []);
    scene.ahead(600);
    assert.deepEqual(await findings(operation.id), ['DeletionStuck']);
    states(operation, { phase: 'Pending' }, { finalizers: [] });
    assert.equal(object(operation.name), undefined);
    const { name, uid = '' } = await scene.find(operation.id);
    const gone = { name, namespace, uid, deleted: true, source: 'Watched', status: {} } as const;
    await scene.api.opened.observations.ingest(scene.clusterId, [gone], (known, seen) =>
      observe(known, seen, scene.now()),
    );
    const ended = await scene.find(operation.id);
    assert.deepEqual([ended.phase, ended.deletingSince], ['Failed', undefined]);
    assert.equal(await condition(operation.id, 'DeletionPending'), undefined);
  });

  test('a CRD that is away for a moment fails nothing: it is told, and delivered when it is back', async () => {
    const operation = await scene.ask();
    scene.cluster.removeCrd('operations');
    await scene.deliver();
    await deliverLater();
    assert.equal((await scene.find(operation.id)).phase, 'Pending');
    assert.equal((await condition(operation.id, 'Delivered'))?.reason, 'CrdMissing');
    scene.cluster.restoreCrd('operations');
    await deliverLater();
    await until('it is delivered', 20, async () => (await scene.find(operation.id)).deliveredAt !== undefined);
  });
});
