/** Answers that never come: what was sent is there once, what somebody deleted stays away, what is late never arrives. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { deliverThroughCuts } from '../support/cut-answers.ts';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';
import { until } from '../support/until.ts';

/** test/long raises it to 1,000. */
const operationCount = 40;

test(`${operationCount} Operations become ${operationCount} resources, though half of the answers are cut`, () =>
  deliverThroughCuts(operationCount));

describe('with a call that had no answer', () => {
  let scene: Delivering;
  before(async () => {
    scene = await startDelivering();
  });
  beforeEach(() => scene.cluster.clearFaults());
  after(() => scene.close());

  const inCluster = (name: string) => scene.cluster.get('operations', namespace, name) !== undefined;
  const patches = () => scene.cluster.requests.byVerb().patch ?? 0;
  const cutOnce = async ({ hangs = false } = {}) => {
    const operation = await scene.ask();
    if (hangs) scene.hang(operation);
    scene.cluster.inject({ kind: 'cutAfterCommit', count: 1 });
    await scene.deliver();
    assert.ok(inCluster(operation.name));
    assert.deepEqual((await scene.find(operation.id)).uid, undefined);
    return operation;
  };

  test('a resource that was seen and then deleted does not come back', async () => {
    const operation = await cutOnce({ hangs: true });
    await scene.look([operation]);
    const { uid } = await scene.find(operation.id);
    assert.ok(uid !== undefined);
    const target = await scene.api.opened.directory.target(scene.clusterId);
    assert.ok(target !== undefined);
    await scene.api.ports.clusterApi.remove(target, { ...operation, uid });
    await until('it is gone', 20, () => !inCluster(operation.name));
    scene.ahead(61);
    await scene.deliver();
    assert.equal(inCluster(operation.name), false);
    const ended = await scene.find(operation.id);
    assert.equal(ended.phase, 'Failed');
    assert.equal(ended.conditions.find(({ type }) => type === 'Failed')?.reason, 'ExternalDeletion');
  });

  test('past its deadline it is found rather than given up, and nothing is applied', async () => {
    const operation = await cutOnce();
    const before = patches();
    scene.ahead(86_400 + 61);
    assert.equal(await scene.expire(), 0);
    await scene.deliver();
    assert.equal(patches(), before);
    const found = await scene.find(operation.id);
    assert.ok(found.uid !== undefined && found.deliveredAt !== undefined);
    assert.notEqual(found.conditions.find(({ type }) => type === 'Failed')?.reason, 'DeadlineExceeded');
  });

  test('past its deadline it fails only once the cluster says that it has none', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'mute', verbs: ['patch', 'get'] });
    await scene.deliver();
    const before = patches();
    scene.ahead(86_400 + 61);
    await scene.expire();
    await scene.deliver();
    const unsure = await scene.find(operation.id);
    assert.equal(unsure.phase, 'Pending');
    const told = unsure.conditions.find(({ type }) => type === 'Delivered');
    assert.deepEqual([told?.status, told?.reason], ['Unknown', 'DeadlineExceeded']);
    scene.cluster.clearFaults();
    scene.ahead(61);
    await scene.deliver();
    const failed = await scene.find(operation.id);
    assert.equal(failed.phase, 'Failed');
    assert.equal(failed.conditions.find(({ type }) => type === 'Failed')?.reason, 'DeadlineExceeded');
    assert.equal(patches(), before);
    assert.equal(inCluster(operation.name), false);
  });

  test('one that turns up after it was given up is removed again', async () => {
    const operation = await cutOnce({ hangs: true });
    await scene.set(operation.id, `phase = 'Failed', owed = null, next_attempt_at = null`);
    await scene.look([operation]);
    await scene.deliver();
    await until('it is gone', 20, () => !inCluster(operation.name));
    assert.equal((await scene.find(operation.id)).phase, 'Failed');
  });
});
