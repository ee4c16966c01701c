import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { v7 } from 'uuid';
import type { Cluster } from '../../src/core/clusters/rules/cluster.ts';
import { LeaseLost } from '../../src/core/clusters/rules/fence.ts';
import { mirrorApplications } from '../../src/core/observation/mirror-applications.ts';
import type { FencedCluster } from '../../src/core/observation/ports.ts';
import { recordForeignOperations } from '../../src/core/observation/record-foreign-operations.ts';
import { maxListedCount } from '../../src/core/observation/rules/foreign-operation.ts';
import type { Observation } from '../../src/core/operations/rules/observed/observation.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import { keptLog } from '../support/log.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

const minute = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

function theirs(name: string, more: Partial<Observation> = {}): Observation {
  return {
    name,
    namespace: 'org-myteam',
    uid: `uid-${name}`,
    deleted: false,
    source: 'Watched',
    resourceVersion: '100',
    status: { phase: 'Pending' },
    createdAt: ago(minute),
    spec: { type: 'Backup', engine: 'velero', target: 'nextcloud-myteam', parameters: { ttl: '48h0m0s' } },
    managers: [
      { manager: 'velero-operator', operation: 'Update', at: ago(1_000) },
      { manager: 'kubectl-create', operation: 'Update', at: ago(minute), ownsTarget: true },
    ],
    ...more,
  };
}

const succeeded = (at: string) => ({ phase: 'Succeeded', startedAt: at, finishedAt: at }) as const;

describe('Operations that somebody else made in a cluster', () => {
  let api: TestApi;
  let scene: Scene;
  let watched: FencedCluster;
  const { log, text: logged } = keptLog('info');
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
    const cluster: Cluster = (await api.call('GET', `/v1/clusters/${scene.clusterId}`)).body;
    watched = { cluster };
  });
  after(() => api.close());

  /** As a watch does it. */
  const watchOf = (at = watched) => {
    const others = recordForeignOperations({ ...api.opened, log }, at);
    const seen = async (...observations: Observation[]) => {
      const now = await api.opened.clock.now();
      const fold = (operation: Parameters<typeof observe>[0], observation: Observation) =>
        observe(operation, observation, now);
      const { unmatched } = await api.opened.observations.ingest(at.cluster.id, observations, fold);
      await others.seen(unmatched);
    };
    return { seen, listed: () => others.listed({ present: new Set(), beganAt: ago(86_400_000) }) };
  };
  const seen = (...observations: Observation[]) => watchOf().seen(...observations);
  const list = async (query = '') =>
    (await api.call('GET', `/v1/operations?origin=cluster&limit=200&${query}`)).body.items;
  const named = async (name: string) => (await list()).filter((each: { name: string }) => each.name === name);
  const reasons = async (id: string) =>
    (await api.call('GET', `/v1/operations/${id}/events?orderBy=at`)).body.items.map(
      ({ reason }: { reason: string }) => reason,
    );
  const points = async () => (await api.call('GET', '/v1/recovery-points')).body.items;

  test('are recorded with who made them, followed to their end, and their copy is a recovery point', async () => {
    await seen(theirs('by-hand'));
    const [made] = await named('by-hand');
    assert.deepEqual(
      [made.origin, made.requestedBy, made.phase, made.applicationInstanceId, made.uid, made.deliverBefore],
      ['cluster', 'cluster/kubectl-create', 'Pending', scene.applicationInstanceId, 'uid-by-hand', undefined],
    );
    assert.deepEqual([made.ttl, made.ttlSource, made.parameters], ['48h', 'cluster', { ttl: '48h0m0s' }]);
    assert.deepEqual(await reasons(made.id), ['Observed']);
    const startedAt = ago(30_000);
    await seen(theirs('by-hand', { status: { phase: 'Running', startedAt }, resourceVersion: '101' }));
    await seen(theirs('by-hand', { status: succeeded(startedAt), resourceVersion: '102' }));
    const [point] = (await points()).filter((each: { operationId: string }) => each.operationId === made.id);
    assert.deepEqual([point.backupName, point.ttl, point.ttlSource], ['by-hand', '48h', 'cluster']);
    assert.equal(Date.parse(point.expiresAt) - Date.parse(startedAt), 48 * 60 * minute);
    const told = await reasons(made.id);
    assert.ok(told.includes('Running') && told.includes('Succeeded'), told.join());
    const { body } = await api.call('GET', `/v1/application-instances/${scene.applicationInstanceId}/protection`);
    assert.equal(body.lastGoodCopy.operationId, made.id);
    assertProblem(await api.call('POST', `/v1/operations/${made.id}/cancel`), 409, 'already-finished');
  });

  test('that are seen again, by any number of watches, stay one', async () => {
    const many = Array.from({ length: 4 }, () => watchOf());
    await Promise.all(many.map((watch) => watch.seen(theirs('once'), theirs('twice'))));
    await seen(theirs('once', { source: 'Listed' }));
    assert.equal((await named('once')).length, 1);
    assert.equal((await named('twice')).length, 1);
  });

  test('are never ours: neither what we delivered, nor what stands where ours is on its way to', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene, { name: 'ours-1' }));
    await seen(theirs('ours-1'));
    await api.opened.pool.query(`update operation set uid = 'uid-of-ours' where id = $1`, [operation.id]);
    const managers = [{ manager: 'kubectl-edit', ownsTarget: true }];
    await seen(theirs('ours-1', { uid: 'uid-of-ours', operationId: operation.id, managers }));
    await seen(theirs('ours-1', { uid: 'uid-made-anew', operationId: operation.id, managers }));
    assert.deepEqual(await named('ours-1'), []);
    await seen(theirs('copy-of-ours', { operationId: operation.id }));
    assert.equal((await named('copy-of-ours'))[0].requestedBy, 'cluster/kubectl-create');
  });

  test("with another control plane's annotation say so, also when another cluster here has that Operation", async () => {
    const elsewhere = await setScene(api, 'org-myteam', api.adminKey, '-b');
    const { operation } = await api.make('/v1/operations', backup(elsewhere));
    const managers = [{ manager: 'vworkspace-control-plane', operation: 'Apply', ownsTarget: true }] as const;
    const lost = v7();
    await seen(
      theirs('lost', { operationId: lost, managers }),
      theirs('elsewhere', { operationId: operation.id, managers }),
      theirs('strange', { operationId: "'; drop table operation; --\u0000", managers }),
    );
    const told = 'cluster/vworkspace-control-plane (Operation';
    assert.equal((await named('lost'))[0].requestedBy, `${told} ${lost} of another control plane)`);
    assert.equal((await named('elsewhere'))[0].requestedBy, `${told} ${operation.id} of another control plane)`);
    assert.ok((await named('strange'))[0].requestedBy.startsWith(told));
  });

  test('of one name, made one after the other or in two namespaces, are each recorded', async () => {
    await seen(theirs('again', { uid: 'first' }), theirs('again', { uid: 'other', namespace: 'org-other' }));
    await seen(theirs('again', { uid: 'second', source: 'Listed' }));
    const found = await named('again');
    assert.deepEqual(found.map(({ uid, phase }: { uid: string; phase: string }) => [uid, phase]).toSorted(), [
      ['first', 'Failed'],
      ['other', 'Pending'],
      ['second', 'Pending'],
    ]);
  });

  test('that no row can hold are left out and told once; the rest of the batch is recorded', async () => {
    const spec = { type: 'Backup', engine: 'velero', target: 'nextcloud-myteam' };
    const watch = watchOf();
    const odd = [
      theirs('unknown-type', { spec: { ...spec, type: 'Teleport' } }),
      theirs('unknown-engine', { spec: { ...spec, engine: 'magic' } }),
      theirs('dotted.name'),
      theirs('nul', { spec: { ...spec, target: 'a\u0000b' } }),
      theirs('without-spec', { spec: undefined }),
    ];
    await watch.seen(
      ...odd,
      theirs('nested', { spec: { ...spec, parameters: { hostile: ['\u0000', { '\ud800': '\ud800' }] } } }),
      theirs('upgrade', { spec: { ...spec, type: 'Upgrade', engine: 'helm', parameters: { targetVersion: '7' } } }),
    );
    await watch.seen(...odd);
    for (const { name } of odd) assert.deepEqual(await named(name), [], name);
    assert.equal((await api.opened.pool.query('select from held_row')).rowCount, 0, 'and are no rows to be mended');
    assert.equal((await named('nested')).length, 1);
    assert.deepEqual((await named('upgrade'))[0].parameters, { targetVersion: '7' });
    assert.equal(logged().match(/are left out/g)?.length, 1);
  });

  test('are linked with their application when it is registered, and stay when it is removed', async () => {
    const spec = { type: 'Backup', engine: 'velero', target: 'later' };
    await seen(theirs('of-later', { spec }));
    assert.equal((await named('of-later'))[0].applicationInstanceId, undefined);
    const { clusterId, applicationClassId } = scene;
    const body = { clusterId, applicationClassId, namespace: 'org-myteam', name: 'later' };
    const { id } = await api.make('/v1/application-instances', body);
    assert.equal((await named('of-later'))[0].applicationInstanceId, id);
    assert.equal((await api.call('DELETE', `/v1/application-instances/${id}`)).status, 204);
    assert.equal((await named('of-later'))[0].applicationInstanceId, undefined);
  });

  test('are cancelled by deleting the resource with its uid, and told as gone when somebody else deletes them', async () => {
    await seen(theirs('to-cancel'), theirs('to-vanish'), theirs('done', { status: succeeded(ago(5_000)) }));
    const [{ id }] = await named('to-cancel');
    const asked = await api.call('POST', `/v1/operations/${id}/cancel`);
    assert.equal(asked.status, 200, asked.text);
    const { rows } = await api.opened.pool.query('select owed, uid from operation where id = $1', [id]);
    assert.deepEqual(rows, [{ owed: 'Delete', uid: 'uid-to-cancel' }]);
    const gone = { deleted: true, resourceVersion: '200' };
    await seen(
      theirs('to-cancel', gone),
      theirs('to-vanish', gone),
      theirs('done', { ...gone, status: succeeded(ago(5_000)) }),
    );
    const phase = async (name: string) => (await named(name))[0].phase;
    assert.deepEqual(await Promise.all(['to-cancel', 'to-vanish', 'done'].map(phase)), [
      'Cancelled',
      'Failed',
      'Succeeded',
    ]);
    const [vanished] = await named('to-vanish');
    assert.ok(vanished.conditions.some(({ reason }: { reason: string }) => reason === 'ExternalDeletion'));
    await seen(theirs('never-seen', { deleted: true }));
    assert.deepEqual(await named('never-seen'), []);
  });

  test('do not keep their cluster from being removed', async () => {
    const other = await setScene(api, 'org-x', api.adminKey, '-c');
    const { body: cluster } = await api.call('GET', `/v1/clusters/${other.clusterId}`);
    const watch = watchOf({ cluster });
    await watch.seen(theirs('orphan'), theirs('linked', { namespace: 'org-x' }));
    const path = `/v1/clusters/${other.clusterId}`;
    assertProblem(await api.call('DELETE', path), 409, 'in-use');
    assert.equal((await list(`clusterId=${other.clusterId}`)).length, 2, 'nothing was forgotten');
    assert.equal((await api.call('DELETE', `/v1/application-instances/${other.applicationInstanceId}`)).status, 204);
    assert.equal((await api.call('DELETE', path)).status, 204);
  });

  describe('in a first list of a long history', () => {
    const count = maxListedCount + 600;
    const history = (n: number) => {
      const at = ago((n + 2) * minute);
      return theirs(`old-${n}`, { source: 'Listed', status: succeeded(at), createdAt: at });
    };

    test('only the newest that ended are taken, none of them is news, and the next list changes nothing', async () => {
      const other = await setScene(api, 'org-myteam', api.adminKey, '-d');
      // The cluster was registered after all of it had happened.
      const { body: cluster } = await api.call('GET', `/v1/clusters/${other.clusterId}`);
      // In an order that has nothing to do with time, as a list has it.
      const all = Array.from({ length: count }, (_, n) => history((n * 7_919) % count));
      const rows = async () =>
        (
          await api.opened.pool.query(
            `select count(*)::int, min(created_at) as oldest, count(distinct application_instance_id)::int as linked,
                    (select count(*)::int from event e where e.cluster_id = $1 and e.operation_id is not null) as told
             from operation where cluster_id = $1`,
            [cluster.id],
          )
        ).rows[0];
      const pass = async () => {
        const watch = watchOf({ cluster });
        for (let from = 0; from < all.length; from += 500) await watch.seen(...all.slice(from, from + 500));
        await watch.seen(theirs('in-flight', { source: 'Listed' }));
        await watch.listed();
      };
      await pass();
      const first = await rows();
      assert.deepEqual([first.count, first.linked, first.told], [maxListedCount, 1, 1]);
      const cutoff = Date.parse(ago((maxListedCount + 3) * minute));
      assert.ok(first.oldest.getTime() > cutoff - minute, String(first.oldest));
      await pass();
      assert.deepEqual(await rows(), first);
      const { body } = await api.call('GET', `/v1/operations?clusterId=${cluster.id}&limit=2`);
      assert.deepEqual(
        body.items.map(({ name }: { name: string }) => name),
        ['in-flight', 'old-0'],
        'sorted by when they were made there',
      );
    });
  });

  test('are not recorded, nor applications mirrored, by a watch whose cluster another connector holds by now', async () => {
    const late = { ...watched, fence: { connectorId: v7(), epoch: 1 } };
    await assert.rejects(watchOf(late).seen(theirs('too-late')), LeaseLost);
    const watch = mirrorApplications(api.opened, late);
    const none = { labels: {}, annotations: {}, conditions: [] };
    const seenLate = { ...none, name: 'too-late', namespace: 'org-myteam', uid: 'x', deleted: false } as const;
    await assert.rejects(watch.seen([{ ...seenLate, source: 'Watched' }]), LeaseLost);
    const list = { present: new Set<string>(), beganAt: ago(-minute) };
    await assert.rejects(watch.listed(list), LeaseLost);
    assert.deepEqual(await named('too-late'), []);
  });

  test('wait for an application of theirs that is being adopted, so that neither misses the other', async () => {
    const watch = mirrorApplications(api.opened, watched);
    for (let n = 0; n < 10; n += 1) {
      const name = `raced-${n}`;
      const none = { labels: {}, annotations: {}, conditions: [] };
      await watch.seen([
        {
          ...none,
          name,
          namespace: 'org-myteam',
          uid: name,
          deleted: false,
          source: 'Watched',
          catalogId: 'nextcloud',
        },
      ]);
      const found = (await api.call('GET', `/v1/clusters/${scene.clusterId}/applications?adopted=false&limit=200`)).body
        .items;
      const { id } = found.find((each: { name: string }) => each.name === name);
      const [adopted] = await Promise.all([
        api.call('POST', `/v1/clusters/${scene.clusterId}/applications/${id}/adopt`, { body: {} }),
        seen(theirs(`race-${n}`, { spec: { type: 'Backup', engine: 'velero', target: name } })),
      ]);
      assert.equal(adopted.status, 201, adopted.text);
      assert.equal((await named(`race-${n}`))[0].applicationInstanceId, adopted.body.id);
    }
  });
});
