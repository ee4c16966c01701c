/**
 * A whole service, with the rights to read Velero, lets an Operation leave its cluster once Velero has collected its copy.
 * Nobody asks for that. An Operation whose copy lives stays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../../simulator/index.ts';
import { setScene } from '../support/scene.ts';
import { startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const patience = 60;
/** Two rounds of half a minute each, and what follows from them. */
const rounds = 120;
const hour = 3600;
const readVelero = {
  verbs: ['get', 'list', 'watch'],
  groups: ['velero.io'],
  resources: ['backups', 'restores', 'backupstoragelocations'],
};

test('what Velero has collected leaves its cluster by itself, and what lives stays', async (t) => {
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 50, grants: [readVelero] });
  let aheadMs = 0;
  const clock = { now: async () => new Date(Date.now() + aheadMs).toISOString() };
  const service = await startTestService({ backend: 'postgres', clock });
  t.after(async () => {
    await service.close();
    await cluster.close();
  });
  const { applicationInstanceId } = await setScene(service.api, cluster);
  const find = async (id: string) => (await service.api.get(`/v1/operations/${id}`)).body;
  const done = async (ttl: string) => {
    const { body } = await service.api.post('/v1/operations', { applicationInstanceId, type: 'Backup', ttl });
    return until(`the copy that is kept for ${ttl}, by Velero's word`, patience, async () => {
      const operation = await find(body.operation.id);
      return operation.phase === 'Succeeded' && operation.velero?.phase === 'Completed' ? operation : undefined;
    });
  };
  const isThere = ({ name }: { name: string }) => cluster.get('operations', 'org-myteam', name) !== undefined;

  const [short, long] = [await done('1h'), await done('720h')];
  // Longer than the copy lives, and than Velero waits until it collects.
  aheadMs = 3 * hour * 1000;
  await cluster.advance(3 * hour * 1000);
  assert.deepEqual(cluster.copies(), [long.name], 'Velero has collected the other one');
  await until("the copy to be gone by Velero's word", rounds, async () => {
    // It must be away for five minutes by the clock of the service.
    aheadMs += 60_000;
    return (await find(short.id)).velero?.goneAt !== undefined;
  });
  const left = await until('its Operation to leave', rounds, async () => {
    const operation = await find(short.id);
    return operation.resourceLeftAt === undefined ? undefined : operation;
  });
  const tidied = left.conditions.find(({ type }: { type: string }) => type === 'Tidied');
  assert.deepEqual([tidied.status, tidied.reason, left.phase], ['True', 'CopyGone', 'Succeeded']);
  assert.equal(left.resourceGoneAt, undefined, 'nobody deleted it by hand');
  assert.ok(!isThere(short) && isThere(long));
  assert.deepEqual([(await find(long.id)).resourceLeftAt, cluster.copies()], [undefined, [long.name]]);
});
