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

  test('a connector is steady once it has lived for five seconds, while it has renewed within the last five', async () => {
    const [id = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.renew(b);
    await opened.leases.take(a, 2);
    await opened.pool.query(`update cluster_lease set expires_at = '-infinity' where cluster_id <> $1`, [id]);
    const standing = async (livedSeconds: number, leftSeconds: number) => {
      await opened.pool.query(
        `update connector set started_at = clock_timestamp() - $2 * interval '1 second', expires_at = clock_timestamp() + $3 * interval '1 second'
         where id = $1`,
        [a, livedSeconds, leftSeconds],
      );
      const { connectors, ...counts } = await opened.leases.shares();
      const [of, other] = [a, b].map((each) => connectors.find((connector) => connector.id === each));
      assert.deepEqual(other, { id: b, heldCount: 0, steady: false });
      return { ...counts, ...of };
    };
    const counts = { clusterCount: 3, freeCount: 2, id: a, heldCount: 1 };
    assert.deepEqual(await standing(20, 9), { ...counts, steady: true });
    assert.deepEqual(await standing(0, 9), { ...counts, steady: false });
    assert.deepEqual(await standing(20, 4), { ...counts, steady: false });
    assert.deepEqual(await standing(20, -1), { clusterCount: 3, freeCount: 2 });
  });

  test('a renewal lengthens what is held to ten seconds, takes up nothing that has lapsed, and forgets the dead alone', async () => {
    const [first = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.renew(b);
    await opened.leases.take(a, 3);
    const dead = v7();
    await opened.pool.query(
      `insert into connector (id, started_at, expires_at) values ($1, now(), now() - interval '1 ms')`,
      [dead],
    );
    await opened.pool.query(
      `update cluster_lease set expires_at = clock_timestamp() + case when cluster_id = $1 then interval '-1 ms' else interval '3 s' end`,
      [first],
    );
    await opened.pool.query(`update connector set expires_at = clock_timestamp() - interval '1 ms' where id = $1`, [a]);
    await opened.leases.renew(a);
    const held = await opened.leases.held(a);
    assert.deepEqual(held.map(({ clusterId }) => clusterId).toSorted(), clusterIds.slice(1).toSorted());
    for (const { remainingSeconds } of held)
      assert.ok(remainingSeconds > 3 && remainingSeconds <= 10, `${remainingSeconds}`);
    const { rows } = await opened.pool.query('select id::text from connector order by id');
    assert.deepEqual(
      rows.map(({ id }) => id),
      [a, b].toSorted(),
    );
  });

  test('what is free is taken up to the count, what has lapsed longest first, and never what another holds', async () => {
    const [first = '', second = '', third = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.take(a, 2);
    const held = async (of: string) => (await opened.leases.held(of)).map(({ clusterId }) => clusterId).toSorted();
    assert.deepEqual(await held(a), [first, second]);
    assert.deepEqual(await opened.leases.take(b, 0), { takenCount: 0, fromOthersCount: 0 });
    await lapse(a);
    await opened.pool.query(`update cluster_lease set expires_at = expires_at - interval '1 s' where cluster_id = $1`, [
      second,
    ]);
    assert.deepEqual(await opened.leases.take(b, 1), { takenCount: 1, fromOthersCount: 1 });
    assert.deepEqual(await held(b), [second]);
    assert.deepEqual(await opened.leases.take(a, 3), { takenCount: 2, fromOthersCount: 0 });
    assert.deepEqual(await held(a), [first, third]);
    assert.deepEqual(await opened.leases.take(b, 3), { takenCount: 0, fromOthersCount: 0 });
  });

  test('of what it holds, a connector hands over and lets go of its own, and no more than was asked', async () => {
    const [first = '', , third = ''] = clusterIds;
    await opened.leases.renew(a);
    await opened.leases.renew(b);
    await opened.leases.take(a, 2);
    await opened.leases.take(b, 1);
    assert.equal(await opened.leases.handOver(a, b, 1), 1);
    assert.equal((await opened.leases.held(b)).length, 2);
    await lapse(a);
    assert.equal(await opened.leases.handOver(a, b, 3), 0, 'it has lapsed, and is for whoever takes it');
    await opened.leases.release(a);
    assert.equal((await opened.leases.held(b)).length, 2);
    assert.deepEqual(
      (await opened.leases.shares()).connectors.map(({ id }) => id),
      [b],
    );
    assert.ok((await opened.leases.held(b)).some(({ clusterId }) => clusterId === third));
    assert.ok(first);
  });

  test('a lease tells of new credentials and of a list that is wanted, so that its watch begins again', async () => {
    const [clusterId = ''] = clusterIds;
    await opened.leases.take(a, 1);
    const seen = async () => {
      const [lease] = await opened.leases.held(a);
      assert.equal(lease?.clusterId, clusterId);
      return [lease?.epoch, lease?.credentialsRevision, lease?.relistRevision];
    };
    const [epoch = 0, credentials = 0, relist = 0] = await seen();
    const { rows } = await opened.pool.query('select organization_id::text as of from cluster limit 1');
    const cluster = { id: clusterId, organizationId: String(rows[0].of) };
    const access = { server: 'https://10.0.0.10', token: 'new' };
    await opened.store.transaction((tx) => tx.credentials.put(cluster, access));
    assert.deepEqual(await seen(), [epoch, credentials + 1, relist]);
    await opened.pool.query('update cluster set relist_revision = relist_revision + 1 where id = $1', [clusterId]);
    assert.deepEqual(await seen(), [epoch, credentials + 1, relist + 1]);
    const listed = (await opened.directory.list()).find(({ id }) => id === clusterId);
    assert.deepEqual(listed, { id: clusterId, credentialsRevision: credentials + 1 });
  });
});
