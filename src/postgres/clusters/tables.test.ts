/** A cluster is read as it was written, whole. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedSchedules } from '../../../test/support/seed.ts';
import type { Cluster } from '../../core/clusters/rules/cluster.ts';
import { type Opened, openStore } from '../store.ts';

const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;

let database: TestDatabase;
let opened: Opened;
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
});
after(async () => {
  await opened.close();
  await database.drop();
});

test('a cluster is read as it was written, whole, and its state with it', async () => {
  const { organizationId } = await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
  const plain: Cluster = {
    ...{ id: opened.vault.newId(), organizationId, name: 'plain', server: 'https://plain.example' },
    ...{ restoreApproval: 'Auto', tidy: true, suspend: false, conditions: [] },
    ...{ createdAt: at(1), updatedAt: at(2), revision: 1 },
  };
  const whole: Required<Omit<Cluster, 'discovery'>> = {
    ...{ ...plain, id: opened.vault.newId(), name: 'whole', displayName: 'Whole', inFlightLimit: 7 },
    ...{ restoreApproval: 'Required', tidy: false, suspend: true, suspendReason: 'why' },
    conditions: [{ type: 'Reachable', status: 'True', reason: 'Answered', message: 'm', lastTransitionTime: at(3) }],
    ...{ agentTokenCreatedAt: at(3), lastContactAt: at(4), lastObservedAt: at(5), throttledUntil: at(6) },
    ...{ kubeSystemUid: 'uid', veleroNamespace: 'velero', copiesFrom: at(7), retiredAt: at(8) },
  };
  const { clusters } = opened.store.tables;
  for (const cluster of [plain, whole]) {
    await clusters.insert(cluster);
    assert.deepEqual(await clusters.find(organizationId, cluster.id), cluster);
  }
  assert.deepEqual(
    await clusters.states([plain.id, whole.id]),
    new Map([
      [plain.id, { conditions: [] }],
      [whole.id, { conditions: whole.conditions, throttledUntil: at(6) }],
    ]),
  );
  const changed = { ...whole, id: plain.id, name: 'changed', createdAt: plain.createdAt };
  assert.deepEqual(await clusters.update(changed), { ...changed, revision: 2 });
  assert.deepEqual(await clusters.find(organizationId, plain.id), { ...changed, revision: 2 });
});
