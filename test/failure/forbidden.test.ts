/** What a cluster that forbids is asked again: an API server answers before it has read who may do what. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Delivering, startDelivering } from '../support/delivering.ts';

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
