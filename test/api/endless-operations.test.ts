import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { v7 } from 'uuid';
import { watcherOf } from '../../src/core/observation/watcher.ts';
import type { Observation } from '../../src/core/operations/rules/observed/observation.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import { silentLog } from '../support/kubernetes/scripted-cluster.ts';
import { startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, setScene } from './scene.ts';

const beganAt = new Date(Date.now() - 60_000).toISOString();

function theirs(name: string, more: Partial<Observation> = {}): Observation {
  return {
    name,
    namespace: 'org-myteam',
    uid: `uid-${name}`,
    deleted: false,
    source: 'Watched',
    resourceVersion: '100',
    status: { phase: 'Pending' },
    createdAt: beganAt,
    spec: { type: 'Backup', engine: 'velero', target: 'nextcloud-myteam', parameters: { ttl: '48h0m0s' } },
    ...more,
  };
}

describe('a cluster in which others make Operations without end', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi({}, { limits: { foreignOperations: { cluster: 40, organization: 60 } } });
    scene = await setScene(api);
  });
  after(() => api.close());

  const keys = new Map<string, string>();
  const connectorId = v7();
  const heldBy = async (clusterId: string) => {
    await api.opened.leases.renew(connectorId);
    await api.opened.leases.take(connectorId, 10);
    const lease = (await api.opened.leases.held(connectorId)).find((each) => each.clusterId === clusterId);
    assert.ok(lease);
    const { epoch } = lease;
    return { fence: { connectorId, epoch }, lost: () => assert.fail('the lease is lost'), started: () => undefined };
  };
  /** A watch over a list, as the connector runs it. */
  const watched = async (clusterId: string, seen: readonly Observation[]) => {
    const { body: cluster } = await api.call('GET', `/v1/clusters/${clusterId}`, {
      key: keys.get(clusterId) ?? api.adminKey,
    });
    const watcher = watcherOf({ ...api.opened, log: silentLog }, cluster, await heldBy(clusterId));
    await watcher.state({ kind: 'Watching' });
    for (let from = 0; from < seen.length; from += 50) await watcher.operations.seen(seen.slice(from, from + 50));
    return watcher;
  };
  const listOf = (seen: readonly Observation[]) => ({
    present: new Set(seen.map(({ namespace, name }) => `${namespace}/${name}`)),
    beganAt,
  });
  const unknown = (n: number, type = 'Backup') =>
    theirs(`flood-${type.toLowerCase()}-${n}`, {
      source: 'Listed',
      status: { phase: 'Running' },
      spec: { type, engine: 'velero', target: `nobodys-${n}` },
    });
  const countOf = async (where: string) =>
    Number(
      (await api.opened.pool.query(`select count(*) from operation where foreign_uid <> '' and ${where}`)).rows[0]
        .count,
    );
  const watchingOf = async (id: string) =>
    (await api.call('GET', `/v1/clusters/${id}`)).body.conditions.find(
      ({ type }: { type: string }) => type === 'Watching',
    );
  const findings = async () =>
    (await api.call('GET', '/v1/watchdog')).body.findings.filter(
      ({ kind }: { kind: string }) => kind === 'ClusterAtLimit',
    );

  test('writes up to the limit, is told as such, and open Restores and registered applications are still recorded', async () => {
    const flood = Array.from({ length: 400 }, (_, n) => unknown(n));
    const watcher = await watched(scene.clusterId, flood);
    assert.equal(await countOf(`target like 'nobodys-%'`), 40);
    const events = await api.opened.pool.query(`select count(*)::int from event where operation_id is not null`);
    assert.equal(events.rows[0].count, 40);

    await watcher.operations.seen([
      unknown(1_000),
      unknown(1_001, 'Restore'),
      theirs('ours', { status: { phase: 'Running' } }),
    ]);
    assert.deepEqual(
      [
        await countOf(`name = 'flood-backup-1000'`),
        await countOf(`name = 'flood-restore-1001'`),
        await countOf(`name = 'ours'`),
      ],
      [0, 1, 1],
    );
    const many = Array.from({ length: 20 }, (_, n) => theirs(`ours-${n}`));
    const beganAtMs = performance.now();
    await watcher.operations.seen(many);
    assert.ok(performance.now() - beganAtMs >= 900, 'what must be recorded all the same is recorded 20 a second');
    const condition = await watchingOf(scene.clusterId);
    assert.deepEqual([condition.status, condition.reason], ['True', 'LeftOut']);
    assert.match(condition.message, /Operations that others made are left out: 40 are recorded/);
    const [finding] = await findings();
    assert.deepEqual([finding.resourceType, finding.resourceId], ['Cluster', scene.clusterId]);
    assert.match(finding.whatToDo, /MAX_FOREIGN_OPERATIONS_PER_CLUSTER/);
  });

  test('at the limit, an application that was retired is registered no more', async () => {
    const place = { clusterId: scene.clusterId, applicationClassId: scene.applicationClassId, namespace: 'org-myteam' };
    const watcher = await watched(scene.clusterId, []);
    const { id } = await api.make('/v1/application-instances', { ...place, name: 'short-lived' });
    const seen = (name: string) =>
      watcher.operations.seen([theirs(name, { spec: { type: 'Backup', engine: 'velero', target: 'short-lived' } })]);
    await seen('while-registered');
    assert.equal((await api.call('POST', `/v1/application-instances/${id}/retire`)).status, 200);
    await seen('when-retired');
    assert.deepEqual([await countOf(`name = 'while-registered'`), await countOf(`name = 'when-retired'`)], [1, 0]);
  });

  test('counts for its organization as well, and for no other', async () => {
    const second = await api.make('/v1/clusters', { name: 'second', ...access });
    await watched(
      second.id,
      Array.from({ length: 100 }, (_, n) => unknown(n)),
    );
    assert.ok((await countOf(`cluster_id = '${second.id}'`)) <= 20);
    assert.match((await watchingOf(second.id)).message, /limit of an organization/);
    const place = { clusterId: second.id, applicationClassId: scene.applicationClassId, namespace: 'org-myteam' };
    await api.make('/v1/application-instances', { ...place, name: 'nextcloud-myteam' });
    await watched(second.id, [theirs('registered-here')]);
    assert.equal(await countOf(`cluster_id = '${second.id}' and name = 'registered-here'`), 1);
    const theirsToo = await api.make('/v1/clusters', { name: 'third', ...access }, api.otherKey);
    keys.set(theirsToo.id, api.otherKey);
    await watched(theirsToo.id, [unknown(1)]);
    assert.equal(await countOf(`cluster_id = '${theirsToo.id}'`), 1);
  });

  test('is told as well again once a list leaves nothing out', async () => {
    const watcher = await watched(scene.clusterId, [unknown(2_000)]);
    assert.equal((await watchingOf(scene.clusterId)).reason, 'LeftOut');
    await watcher.operations.listed(listOf([]));
    assert.equal((await watchingOf(scene.clusterId)).reason, 'LeftOut', 'this list left one out');
    await watcher.operations.listed(listOf([]));
    assert.equal((await watchingOf(scene.clusterId)).reason, 'Watching');
    assert.deepEqual(
      (await findings()).filter(({ resourceId }: { resourceId: string }) => resourceId === scene.clusterId),
      [],
    );
  });

  test('is slowed down after its first thousands, also where they are recorded already, and our own cost nothing', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene));
    const our = theirs(operation.name, { operationId: operation.id, uid: 'uid-of-ours', status: { phase: 'Running' } });
    const known = unknown(1_001, 'Restore');
    const { clusterId } = scene;
    const watcher = await watched(clusterId, [our, known]);
    const { fence } = await heldBy(clusterId);
    const { foreignCount, unmatched } = await api.opened.observations.ingest(
      clusterId,
      [our, known, unknown(3_000)],
      (operation, observation) => observe(operation, observation, new Date().toISOString()),
      fence,
    );
    assert.deepEqual([foreignCount, unmatched.length], [2, 1]);
    const beganAt = performance.now();
    for (let from = 0; from < 6_000; from += 500)
      await watcher.operations.seen(Array.from({ length: 500 }, (_, n) => unknown(10_000 + from + n)));
    const seconds = (performance.now() - beganAt) / 1000;
    assert.ok(5_000 + 250 * seconds >= 6_000, `6,000 in ${seconds.toFixed(2)} s`);
  });
});
