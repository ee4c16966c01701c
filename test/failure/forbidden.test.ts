/**
 * What a cluster that forbids is asked again: an API server answers before it has read who may do what. A namespace that
 * is deleted takes its roles along, so it forbids too.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fire } from '../../src/core/scheduling/fire.ts';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';
import { keptLog } from '../support/log.ts';
import { until } from '../support/until.ts';

describe('a cluster that forbids an apply', () => {
  let scene: Delivering;
  beforeEach(async () => {
    scene = await startDelivering();
  });
  afterEach(() => scene.close());
  const forbid = (count: number) =>
    scene.cluster.inject({
      kind: 'error',
      code: 403,
      message: 'operations.ops.vworkspace.io "a" is forbidden: User "u" cannot patch resource "operations"',
      verbs: ['patch'],
      count,
    });

  test('because it has just started gets it ten seconds later', async () => {
    const asked = await scene.ask();
    forbid(1);
    await scene.deliver();
    const { phase, conditions } = await scene.find(asked.id);
    assert.deepEqual([phase, conditions.find(({ type }) => type === 'Delivered')?.reason], ['Pending', 'Forbidden']);
    scene.ahead(11);
    await scene.deliver();
    assert.ok(scene.phaseInCluster(asked) !== undefined);
  });

  test('for good fails it with its words, after two calls', async () => {
    const asked = await scene.ask();
    forbid(5);
    await scene.deliver();
    scene.ahead(11);
    await scene.deliver();
    const { phase, conditions } = await scene.find(asked.id);
    assert.equal(phase, 'Failed');
    assert.match(conditions.find(({ type }) => type === 'Failed')?.message ?? '', /cannot patch resource/);
    assert.equal(scene.cluster.requests.byVerb().patch, 2);
  });
});

describe('a namespace that was deleted in the cluster', () => {
  let scene: Delivering;
  let path: string;
  beforeEach(async () => {
    scene = await startDelivering();
    const { applicationInstanceId } = scene;
    const schedule = { applicationInstanceId, name: 'nightly', schedule: '0 0 1 1 *', concurrencyPolicy: 'Forbid' };
    path = `/v1/schedules/${(await scene.api.make('/v1/schedules', schedule)).id}`;
  });
  afterEach(() => scene.close());

  /** A slot of the schedule that has just come; what the ledger says of it, and its Operation. */
  const fired = async () => {
    const { opened } = scene.api;
    await opened.pool.query(
      `update schedule set next_slot_at = date_trunc('second', $1::timestamptz), next_fire_at = date_trunc('second', $1::timestamptz), accounted_until = null`,
      [scene.now()],
    );
    await fire({ ...opened, clock: { now: async () => scene.now() }, doorbell: { ring() {} }, log: keptLog().log });
    const { outcome, operationId } = (await scene.api.call('GET', `${path}/fires?limit=1`)).body.items[0];
    return { outcome, operationId };
  };
  const ended = async (id: string) => {
    const { phase, conditions } = await scene.find(id);
    return [phase, conditions.find(({ type }) => type === 'Failed')?.reason];
  };
  test('with the role in it fails what is owed within seconds, and holds back no later slot', async () => {
    scene.cluster.deleteNamespace(namespace);
    const isGone = () => scene.cluster.get('namespaces', undefined, namespace) === undefined;
    await until('the namespace to be gone', 10, isGone);
    scene.cluster.restrictTo([]);
    const first = await fired();
    assert.equal(first.outcome, 'Fired');
    await scene.deliver();
    scene.ahead(2);
    assert.deepEqual(await fired(), { outcome: 'Deferred', operationId: undefined }, 'the first is still in flight');
    scene.ahead(11);
    await scene.deliver();
    assert.deepEqual(await ended(first.operationId), ['Failed', 'Forbidden']);
    scene.ahead(60);
    const second = await fired();
    assert.equal(second.outcome, 'Fired');
    assert.notEqual(second.operationId, first.operationId);
  });

  test('fails what is owed at once while the cluster says that it is going', async () => {
    scene.cluster.inject({ kind: 'namespaceTerminating', namespaces: [namespace] });
    const { operationId } = await fired();
    await scene.deliver();
    assert.deepEqual(await ended(operationId), ['Failed', 'NamespaceTerminating']);
  });
});
