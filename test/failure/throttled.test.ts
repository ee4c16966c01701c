/** What a cluster that says when to come back is sent until then: nothing, and then one call before the rest. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parallelCalls } from '../../src/app/deliver.ts';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';

describe('a cluster that throttles', () => {
  let scene: Delivering;
  before(async () => {
    scene = await startDelivering();
  });
  after(() => scene.close());
  const sent = () =>
    scene.cluster.requests.log.filter(({ verb, resource }) => verb === 'patch' && resource === 'operations');

  test('is left alone until Retry-After, is asked with one call then, and gets all when it has room again', async () => {
    const asked = [];
    for (let n = 0; n < 20; n += 1) asked.push(await scene.ask());
    const throttled = scene.cluster.inject({ kind: 'throttle', retryAfterSeconds: 30, verbs: ['patch'] });
    await scene.deliver();
    const first = sent().length;
    assert.ok(first > 0 && first <= parallelCalls, `${first} calls`);
    for (const { id } of asked) {
      const { conditions, phase } = await scene.find(id);
      assert.deepEqual([phase, conditions.find(({ type }) => type === 'Delivered')?.reason], ['Pending', 'Throttled']);
    }
    scene.ahead(25);
    await scene.deliver();
    assert.equal(sent().length, first);
    scene.ahead(10);
    await scene.deliver();
    assert.equal(sent().length, first + 1);

    throttled.clear();
    scene.ahead(35);
    await scene.deliver();
    assert.equal(sent().length, first + 1 + asked.length);
    assert.equal(scene.cluster.list('operations', namespace).length, asked.length);
  });
});
