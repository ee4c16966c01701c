/** Half of the answers are cut after the cluster has stored what it was sent, for any number of Operations. */

import assert from 'node:assert/strict';
import { namespace, startDelivering } from './delivering.ts';
import type { Free } from './kubernetes/free-object.ts';

const maxRounds = 5000;

export async function deliverThroughCuts(count: number): Promise<void> {
  const scene = await startDelivering({ vocabulary: 'documents' });
  try {
    const asked = [];
    for (let n = 0; n < count; n += 1) asked.push(await scene.ask());
    scene.cluster.inject({ kind: 'cutAfterCommit', rate: 0.5, resources: ['operations'] });
    const owing = `select count(*)::int as count from operation where owed is not null`;
    for (let round = 0; ; round += 1) {
      assert.ok(round < maxRounds, `not delivered in ${maxRounds} rounds`);
      await scene.deliver();
      if ((await scene.api.opened.pool.query(owing)).rows[0].count === 0) break;
      scene.ahead(61);
    }
    scene.cluster.clearFaults();
    const made = scene.cluster.list('operations', namespace).map(placeOf);
    assert.deepEqual(made.map(({ name }) => name).sort(), asked.map(({ name }) => name).sort());
    const uids = new Map(made.map(({ name, uid }) => [name, uid]));
    for (const { id, name } of asked) assert.equal((await scene.find(id)).uid, uids.get(name));
  } finally {
    await scene.close();
  }
}

function placeOf(object: unknown): { name: string; uid: string } {
  const { name, uid } = (object as Free).metadata;
  return { name, uid };
}
