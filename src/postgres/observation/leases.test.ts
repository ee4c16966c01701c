import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { v7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedSchedules } from '../../../test/support/seed.ts';
import { LeaseLost } from '../../core/clusters/rules/fence.ts';
import { clusterReason } from '../../core/kernel/rules/condition.ts';
import { watchCondition } from '../../core/observation/rules/reasons.ts';
import { type Opened, openStore } from '../store.ts';

describe('leases', () => {
  let database: TestDatabase;
  let opened: Opened;
  let clusterIds: readonly string[];
  const a = v7();
  const b = v7();

  before(async () => {
    database = await freshDatabase();
    opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
    ({ clusterIds } = await seedSchedules(opened.pool, { scheduleCount: 3, clusterCount: 3 }));
    await opened.pool.query(
      `insert into cluster_credential (cluster_id, sealed, key_version) select id, 'x', 1 from cluster`,
    );
  });
  beforeEach(() => opened.pool.query('truncate cluster_lease, connector'));
  after(async () => {
    await opened.close();
    await database.drop();
  });

  const lapse = (id: string) =>
    opened.pool.query(
      `update cluster_lease set expires_at = clock_timestamp() - interval '1 ms' where connector_id = $1`,
      [id],
    );
  const fenceOf = async (connectorId: string, clusterId: string) => {
    const lease = (await opened.leases.held(connectorId)).find((each) => each.clusterId === clusterId);
    assert.ok(lease);
    return { connectorId, epoch: lease.epoch };
  };
  const report = (clusterId: string, reason: string, fence: { connectorId: string; epoch: number }) =>
    opened.directory.report(
      clusterId,
      {
        conditions: [watchCondition('Watching', 'True', clusterReason(reason), 'here', '')],
        contact: true,
        now: new Date().toISOString(),
      },
      fence,
    );
  const reasonOf = async (clusterId: string) =>
    (await opened.pool.query("select conditions->0->>'reason' as reason from cluster where id = $1", [clusterId]))
      .rows[0].reason;

  test('what is written under a lease that another connector has taken is refused, as a whole', async () => {
    const [clusterId = ''] = clusterIds;
    await opened.leases.renew(a);
    assert.equal((await opened.leases.take(a, 3)).takenCount, 3);
    const old = await fenceOf(a, clusterId);
    await report(clusterId, 'First', old);
    await lapse(a);
    await report(clusterId, 'NobodyElse', old);
    assert.equal(await reasonOf(clusterId), 'NobodyElse');
    await opened.leases.renew(b);
    assert.deepEqual(await opened.leases.take(b, 3), { takenCount: 3, fromOthersCount: 3 });
    await assert.rejects(report(clusterId, 'Late', old), LeaseLost);
    await assert.rejects(
      opened.observations.ingest(clusterId, [], (operation) => ({ operation, changed: true, events: [] }), old),
      LeaseLost,
    );
    assert.equal(await reasonOf(clusterId), 'NobodyElse');
    await report(clusterId, 'Second', await fenceOf(b, clusterId));
    assert.equal(await reasonOf(clusterId), 'Second');
  });

  test('a connector that gets its cluster back has a new epoch: what its old watch writes is refused', async () => {
    const [clusterId = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.take(a, 3);
    const old = await fenceOf(a, clusterId);
    await lapse(a);
    await opened.leases.take(a, 3);
    await assert.rejects(report(clusterId, 'Late', old), LeaseLost);
  });

  test('while something is written the cluster is not taken over, but its lease can be renewed', async () => {
    const [clusterId = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.take(a, 3);
    const client = await opened.pool.connect();
    await client.query('begin');
    await client.query('select from cluster_lease where cluster_id = $1 for key share', [clusterId]);
    await opened.leases.renew(a);
    await lapse(a);
    await opened.leases.renew(b);
    assert.equal((await opened.leases.take(b, 3)).takenCount, 2);
    await client.query('rollback');
    client.release();
    assert.equal((await opened.leases.take(b, 3)).takenCount, 1);
  });

  test('connectors that take at the same moment share, and none takes what another has', async () => {
    await Promise.all([opened.leases.renew(a), opened.leases.renew(b)]);
    const taken = await Promise.all([opened.leases.take(a, 2), opened.leases.take(b, 2)]);
    await opened.leases.take(a, 3);
    const held = [...(await opened.leases.held(a)), ...(await opened.leases.held(b))].map((lease) => lease.clusterId);
    assert.deepEqual(held.toSorted(), clusterIds.toSorted());
    assert.ok(taken.every(({ takenCount }) => takenCount <= 2));
  });

  test('a dead connector is forgotten, and one whose end lies far ahead since the clock was set back holds nothing', async () => {
    await opened.leases.renew(a);
    await opened.leases.take(a, 3);
    await opened.pool.query(`update connector set expires_at = clock_timestamp() + interval '1 hour'`);
    await opened.pool.query(`update cluster_lease set expires_at = clock_timestamp() + interval '1 hour'`);
    await opened.leases.renew(b);
    const shares = await opened.leases.shares();
    assert.deepEqual(shares, { clusterCount: 3, freeCount: 3, connectors: [{ id: b, heldCount: 0, steady: false }] });
    assert.equal((await opened.leases.take(b, 3)).takenCount, 3);
  });

  test('clusters are handed over under a new epoch to one that lives, and to nobody else', async () => {
    const [clusterId = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.take(a, 3);
    const old = await fenceOf(a, clusterId);
    assert.equal(await opened.leases.handOver(a, b, 3), 0);
    await opened.leases.renew(b);
    assert.equal(await opened.leases.handOver(a, b, 3), 3);
    await assert.rejects(report(clusterId, 'Late', old), LeaseLost);
    assert.equal((await opened.leases.held(b)).length, 3);
    await opened.leases.release(b);
    assert.equal(await opened.leases.freeCount(), 3);
  });
});
