/** What a version before may have applied, without the label that keeps it out of backups, is not changed any more. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';
import { until } from '../support/until.ts';

let scene: Delivering;
before(async () => {
  scene = await startDelivering({ speed: 500, vocabulary: 'code' });
});
after(() => scene.close());

const applies = () => scene.cluster.requests.byVerb().patch ?? 0;

test('an Operation of a version before whose apply had no answer is looked for, and is applied where it is not there', async () => {
  for (const arrives of [true, false]) {
    const operation = await scene.ask();
    await scene.set(operation.id, 'record_position = 0');
    if (arrives) scene.cluster.inject({ kind: 'cutAfterCommit', count: 1 });
    else scene.cluster.inject({ kind: 'error', code: 500, message: 'no', verbs: ['patch'], count: 1 });
    await scene.deliver();
    const object = () => scene.cluster.get('operations', namespace, operation.name);
    if (arrives) await until('it has finished', 20, () => scene.phaseInCluster(operation) === 'Succeeded');
    assert.equal(object() !== undefined, arrives);
    const before = { object: structuredClone(object()), applies: applies() };
    scene.ahead(61);
    await scene.deliver();
    if (arrives) assert.deepEqual({ object: object(), applies: applies() }, before);
    else assert.equal(applies(), before.applies + 1);
    assert.notEqual((await scene.find(operation.id)).uid, undefined);
  }
});
