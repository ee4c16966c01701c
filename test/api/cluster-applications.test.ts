import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ObservedApplication } from '../../src/core/applications/rules/observed-application.ts';
import { mirrorApplications } from '../../src/core/observation/mirror-applications.ts';
import type { FencedCluster } from '../../src/core/observation/ports.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

const backedUp = { 'ops.vworkspace.io/backup': 'velero', 'ops.vworkspace.io/restore': 'velero' };
const condition = (type: string, status: 'True' | 'False', more = {}) => ({
  ...{ type, status, reason: `${type}Reason`, message: 'as it is' },
  ...{ lastTransitionTime: '2026-05-28T10:00:00Z', ...more },
});

function application(name: string, more: Partial<ObservedApplication> = {}): ObservedApplication {
  return {
    name,
    namespace: 'org-myteam',
    uid: `uid-${name}`,
    deleted: false,
    source: 'Watched',
    labels: {},
    annotations: backedUp,
    mode: 'managed',
    catalogId: 'nextcloud',
    chart: { name: 'nextcloud', version: '6.6.2' },
    release: { name, namespace: 'org-myteam' },
    conditions: [condition('Ready', 'True')],
    ...more,
  };
}

describe('the applications of a cluster', () => {
  let api: TestApi;
  let scene: Scene;
  let watched: FencedCluster;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
    watched = await clusterOf(scene.clusterId);
  });
  after(() => api.close());

  const clusterOf = async (id: string): Promise<FencedCluster> => ({
    cluster: (await api.call('GET', `/v1/clusters/${id}`)).body,
  });
  const watch = (at = watched) => mirrorApplications(api.opened, at);
  const seen = (...applications: ObservedApplication[]) => watch().seen(applications);
  const listed = (names: readonly string[], namespace?: string, beganMs = Date.now() + 1_000) =>
    watch().listed({
      present: new Set(names.map((name) => `org-myteam/${name}`)),
      beganAt: new Date(beganMs).toISOString(),
      namespace,
    });
  const list = async (query = '', key = api.adminKey) => {
    const answer = await api.call('GET', `/v1/clusters/${scene.clusterId}/applications?${query}`, { key });
    assert.equal(answer.status, 200, answer.text);
    return answer.body.items;
  };
  const names = async (query = '') => (await list(query)).map(({ name }: { name: string }) => name);
  const instance = async () => (await api.call('GET', `/v1/application-instances/${scene.applicationInstanceId}`)).body;
  const told = async () =>
    (
      await api.call('GET', `/v1/application-instances/${scene.applicationInstanceId}/events?orderBy=at&limit=200`)
    ).body.items.map(({ reason, type }: { reason: string; type: string }) => `${type} ${reason}`);
  const adopt = (id: string, body: object = {}, more: { key?: string; headers?: Record<string, string> } = {}) =>
    api.call('POST', `/v1/clusters/${scene.clusterId}/applications/${id}/adopt`, { body, ...more });

  test('are listed as they were seen, with what is registered for them', async () => {
    assert.equal((await instance()).observed, undefined, 'never seen');
    await seen(application('nextcloud-myteam'), application('wiki', { annotations: {}, conditions: [] }));
    const [registered, unknown] = await list();
    const { id, seenAt, organizationId, ...rest } = registered;
    assert.ok(id && seenAt && organizationId);
    assert.deepEqual(rest, {
      clusterId: scene.clusterId,
      applicationInstanceId: scene.applicationInstanceId,
      namespace: 'org-myteam',
      name: 'nextcloud-myteam',
      uid: 'uid-nextcloud-myteam',
      mode: 'managed',
      catalogId: 'nextcloud',
      chart: 'nextcloud-6.6.2',
      releaseName: 'nextcloud-myteam',
      releaseNamespace: 'org-myteam',
      ready: true,
      capabilities: { backup: 'velero', restore: 'velero' },
      conditions: [condition('Ready', 'True')],
    });
    assert.deepEqual([unknown.applicationInstanceId, unknown.ready, unknown.capabilities], [undefined, false, {}]);
    const { observed } = await instance();
    assert.deepEqual(observed, {
      ready: true,
      capabilities: rest.capabilities,
      conditions: rest.conditions,
      seenAt,
    });
    const { body } = await api.call('GET', '/v1/application-instances');
    assert.deepEqual(body.items[0].observed, observed, 'in the list as well');
  });

  test('are narrowed by namespace, adoption, readiness and presence, a page at a time', async () => {
    await seen(
      application('a', { namespace: 'other' }),
      application('b', { conditions: [condition('Ready', 'False')] }),
      application('c'),
    );
    await seen(application('c', { deleted: true }));
    assert.deepEqual(await names('adopted=true'), ['nextcloud-myteam']);
    assert.deepEqual(await names('adopted=false&gone=false&ready=true'), ['a']);
    assert.deepEqual(await names('namespace=other'), ['a']);
    assert.deepEqual(await names('gone=true'), ['c']);
    assert.deepEqual((await names('ready=false')).toSorted(), ['b', 'wiki']);
    const paged = async (orderBy: string) => {
      const pages: string[] = [];
      for (let cursor = ''; ; ) {
        const path = `/v1/clusters/${scene.clusterId}/applications?limit=2&orderBy=${orderBy}${cursor}`;
        const { body } = await api.call('GET', path);
        pages.push(...body.items.map(({ name }: { name: string }) => name));
        if (body.nextCursor === undefined) return pages;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const all = await names();
    assert.deepEqual(await paged('createdAt'), all);
    assert.deepEqual(await paged('-createdAt'), all.toReversed());
    assertProblem(
      await api.call('GET', `/v1/clusters/${scene.clusterId}/applications`, { key: api.otherKey }),
      404,
      'not-found',
    );
  });

  test('are not written when nothing changed', async () => {
    const versions = async () =>
      (await api.opened.pool.query('select xmin::text, name from cluster_application order by name')).rows;
    const before = await versions();
    const again = application('nextcloud-myteam', { source: 'Listed' });
    await seen(again, { ...again, conditions: again.conditions.map((each) => each && { ...each }) });
    await listed(['nextcloud-myteam', 'wiki', 'b'], 'org-myteam');
    assert.deepEqual(await versions(), before);
  });

  test('are gone when a complete list of their namespace does not contain them, until they are seen again', async () => {
    await listed([], undefined, Date.now() - 60_000);
    assert.deepEqual(await names('gone=true'), ['c'], 'a list that began before they were seen tells nothing of them');
    await listed(['nextcloud-myteam', 'b'], 'org-myteam');
    assert.deepEqual(await names('gone=true'), ['wiki', 'c']);
    await seen(application('wiki', { source: 'Listed' }));
    assert.deepEqual(await names('gone=true'), ['c']);
    await seen(application('wiki', { deleted: true, uid: 'uid-of-one-before' }));
    assert.deepEqual(await names('gone=true'), ['c'], 'another one of that name');
  });

  test('make one event for each change of readiness, capabilities and presence, once they are registered', async () => {
    assert.deepEqual(await told(), [], 'well at first sight');
    const notReady = { conditions: [condition('Ready', 'False')] };
    await seen(application('nextcloud-myteam', notReady));
    await seen(application('nextcloud-myteam', { ...notReady, mode: 'imported' }));
    await seen(application('nextcloud-myteam', { annotations: { 'ops.vworkspace.io/restore': 'velero' } }));
    await listed([], 'other');
    await listed([]);
    await listed([]);
    await seen(application('nextcloud-myteam', { deleted: true }));
    await seen(application('nextcloud-myteam'));
    assert.deepEqual(await told(), [
      'Warning ApplicationNotReady',
      'Normal ApplicationReady',
      'Warning CapabilityMissing',
      'Warning ApplicationGone',
      'Normal ApplicationReturned',
      'Normal CapabilityDeclared',
    ]);
  });

  test('with hostile names, annotations and conditions break no batch, and nothing of them is larger than it may be', async () => {
    const hostile = application('hostile', {
      annotations: { 'ops.vworkspace.io/backup': 'x\u0000; drop table', 'ops.vworkspace.io/__proto__': 'velero' },
      mode: `a\u0000b\ud800`,
      catalogId: 'c'.repeat(10_000),
      conditions: [
        undefined,
        condition('Ready', 'True', { message: '\u0000'.repeat(5_000) }),
        condition('Ready', 'False', { reason: '\ud800' }),
        ...Array.from({ length: 500 }, (_, n) => condition(`T${n}`, 'True')),
      ],
    });
    await seen(hostile, application('a\u0000b'), application('.', { uid: '' }), application('after'));
    const found = (await list()).find(({ name }: { name: string }) => name === 'hostile');
    assert.deepEqual(found.capabilities, {});
    assert.ok(found.conditions.length <= 50 && found.catalogId.length <= 253);
    assert.ok(!JSON.stringify(found).includes('\\u0000'));
    assert.ok((await names()).includes('after'));
    await api.opened.pool.query(`delete from cluster_application where name in ('hostile', 'after')`);
  });

  describe('adopted', () => {
    const idOf = async (name: string) => (await list()).find((each: { name: string }) => each.name === name).id;

    test('become application instances of the class that their catalogId names, once', async () => {
      await seen(application('files'));
      const id = await idOf('files');
      assertProblem(await adopt(id, {}, { key: api.otherKey }), 404, 'not-found');
      const headers = { 'idempotency-key': 'adopt-files' };
      const made = await adopt(id, { displayName: 'Files' }, { headers });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.headers.location, `/v1/application-instances/${made.body.id}`);
      const { applicationClassId, namespace, name, displayName, observed } = made.body;
      assert.deepEqual(
        [applicationClassId, namespace, name, displayName, observed.ready],
        [scene.applicationClassId, 'org-myteam', 'files', 'Files', true],
      );
      const again = await adopt(id, { displayName: 'Files' }, { headers });
      assert.deepEqual([again.status, again.headers['idempotency-replayed'], again.body], [201, 'true', made.body]);
      assertProblem(await adopt(id), 409, 'already-exists');
      assert.ok((await names('adopted=true')).includes('files'));
    });

    test('need a class when none has that name, and must be there', async () => {
      await seen(application('odd', { catalogId: 'unheard-of' }), application('dotted.name'));
      const id = await idOf('odd');
      const refused = await adopt(id);
      assertProblem(refused, 422, 'rule-violated');
      assert.deepEqual(pointersOf(refused), ['/applicationClassId']);
      assertProblem(await adopt(id, { applicationClassId: id }), 422, 'rule-violated');
      assertProblem(await adopt(await idOf('dotted.name')), 422, 'rule-violated');
      await seen(application('odd', { deleted: true }));
      assertProblem(await adopt(id, { applicationClassId: scene.applicationClassId }), 422, 'rule-violated');
      assertProblem(await adopt(scene.clusterId), 404, 'not-found');
    });
  });

  test('that are gone or lack the annotation are warned of with each Operation and schedule, and never refused', async () => {
    const warned = async (body: object = backup(scene), path = '/v1/operations') => {
      const { warnings } = await api.make(path, body);
      return warnings.filter((text: string) => /ApplicationInstance/.test(text)).join();
    };
    const schedule = (name: string) => ({
      ...{ applicationInstanceId: scene.applicationInstanceId, name, schedule: '@daily' },
    });
    assert.equal(await warned(), '');
    await seen(application('nextcloud-myteam', { annotations: {} }));
    assert.match(await warned(), /annotation ops\.vworkspace\.io\/backup=velero/);
    const restore = { ...backup(scene), type: 'Restore', parameters: { backupName: 'x' } };
    assert.match(await warned(restore), /annotation ops\.vworkspace\.io\/restore=velero/);
    assert.match(await warned(schedule('one'), '/v1/schedules'), /ops\.vworkspace\.io\/backup=velero/);
    await seen(application('nextcloud-myteam', { deleted: true }));
    assert.match(await warned(), /has had no ApplicationInstance org-myteam\/nextcloud-myteam since/);
    await seen(application('nextcloud-myteam'));
    assert.equal(await warned(schedule('two'), '/v1/schedules'), '');
  });
});
