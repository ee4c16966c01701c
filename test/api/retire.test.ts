/** What was ever backed up can be let go: retired, renamed, moved; and a refusal says what is in the way. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { recordProtection } from '../../src/core/protection/record-protection.ts';
import { type Answer, assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, succeeded } from './scene.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };

describe('an application or a cluster that is not backed up any more', () => {
  let api: TestApi;
  let classId: string;
  let count = 0;
  before(async () => {
    api = await startApi();
    classId = (await api.make('/v1/application-classes', { name: 'nextcloud' })).id;
  });
  after(() => api.close());

  const post = (path: string, body?: object, key = api.adminKey): Promise<Answer> =>
    api.call('POST', path, body === undefined ? { key } : { body, key });
  const get = async (path: string) => (await api.call('GET', path)).body;
  const reasons = async (path: string) =>
    (await get(`${path}/events?orderBy=at`)).items.map(({ reason }: { reason: string }) => reason);
  const cluster = async (name?: string) => {
    count += 1;
    return (await api.make('/v1/clusters', { name: name ?? `cluster-${count}`, ...access })).id;
  };
  const instance = async (clusterId: string, name = 'app', namespace = 'org-myteam') =>
    (await api.make('/v1/application-instances', { clusterId, applicationClassId: classId, namespace, name })).id;
  const setScene = async (): Promise<Scene> => {
    const clusterId = await cluster();
    return { clusterId, applicationClassId: classId, applicationInstanceId: await instance(clusterId) };
  };
  const cancelAll = (clusterId: string) =>
    api.opened.pool.query(
      `update operation set phase = 'Cancelled', owed = null, next_attempt_at = null where cluster_id = $1 and phase = 'Pending'`,
      [clusterId],
    );

  test('DELETE names what refers to it, with counts, and what to do', async () => {
    const scene = await setScene();
    const { applicationInstanceId, clusterId } = scene;
    const of = { applicationInstanceId, schedule: '0 2 * * *' };
    await api.make('/v1/schedules', { ...of, name: 'kept' });
    const { id } = await api.make('/v1/schedules', { ...of, name: 'removed' });
    await api.call('DELETE', `/v1/schedules/${id}`);
    for (const _ of [1, 2]) await succeeded(api, scene);
    const application = await api.call('DELETE', `/v1/application-instances/${applicationInstanceId}`);
    assertProblem(application, 409, 'in-use');
    assert.match(application.body.detail, /: 1 schedule, 1 removed schedule, 2 Operations refer to it\. Retire it/);
    const whole = await api.call('DELETE', `/v1/clusters/${clusterId}`);
    assertProblem(whole, 409, 'in-use');
    assert.match(whole.body.detail, /: 1 application instance, 2 Operations refer to it\. Retire it/);
    const kind = await api.call('DELETE', `/v1/application-classes/${classId}`);
    assert.match(kind.body.detail, /1 application instance refer to it/);
  });

  test('an application is retired only when nothing depends on it, keeps its history, and frees its place', async () => {
    const scene = await setScene();
    const { applicationInstanceId: id, clusterId } = scene;
    const path = `/v1/application-instances/${id}`;
    const copy = await succeeded(api, scene);
    const schedule = await api.make('/v1/schedules', {
      ...{ applicationInstanceId: id, name: 'nightly', schedule: '0 2 * * *' },
    });
    await api.make('/v1/operations', backup(scene));
    const refused = await post(`${path}/retire`);
    assertProblem(refused, 409, 'in-use');
    assert.match(refused.body.detail, /1 schedule, 1 Operation that has not ended refer to it/);
    await api.call('DELETE', `/v1/schedules/${schedule.id}`);
    await cancelAll(clusterId);
    await recordProtection({ ...api.opened, log });

    const retired = await post(`${path}/retire`);
    assert.equal(retired.status, 200, retired.text);
    assert.ok(retired.body.retiredAt);
    assert.deepEqual((await post(`${path}/retire`)).body, retired.body, 'a second time nothing changes');
    assert.equal((await reasons(path)).at(-1), 'ApplicationRetired');
    assert.equal((await get(path)).retiredAt, retired.body.retiredAt);
    assert.equal((await get(`/v1/recovery-points/${copy}`)).operationId, copy);
    const listed = async (query: string) =>
      (await get(`/v1/application-instances?clusterId=${clusterId}${query}`)).items.map((each: object) => each);
    assert.equal((await listed('')).length, 0);
    assert.equal((await listed('&includeRetired=true')).length, 1);
    assertProblem(await api.call('GET', `${path}/protection`), 404, 'not-found');
    assert.deepEqual((await get(`/v1/protection?clusterId=${clusterId}`)).items, []);

    const again = { applicationInstanceId: id, name: 'again', schedule: '0 2 * * *' };
    const blocked = await post('/v1/schedules', again);
    assertProblem(blocked, 422, 'rule-violated');
    assert.match(blocked.body.detail, /was retired at .* register it again instead/);
    for (const [verb, body] of [
      ['apply-protection-plan', { protectionPlanName: 'gfs-23' }],
      ['move', { name: 'other' }],
    ] as const)
      assertProblem(await post(`${path}/${verb}`, body), 422, 'rule-violated');
    assertProblem(await post('/v1/operations', backup(scene)), 422, 'rule-violated');
    assertProblem(await api.call('PATCH', path, { body: { displayName: 'x' } }), 422, 'rule-violated');
    assert.notEqual(await instance(clusterId), id, 'its place may be registered again');
  });

  test('an application that follows a protection plan is retired only without it', async () => {
    const { applicationInstanceId } = await setScene();
    const path = `/v1/application-instances/${applicationInstanceId}`;
    const entries = [{ name: 'nightly', schedule: '0 2 * * *', ttl: '720h' }];
    const { id: protectionPlanId } = await api.make('/v1/protection-plans', { name: 'nights', entries });
    assert.equal((await post(`${path}/apply-protection-plan`, { protectionPlanId })).status, 200);
    const refused = await post(`${path}/retire`);
    assertProblem(refused, 409, 'in-use');
    assert.match(refused.body.detail, /: 1 protection plan, 1 schedule refer to it\. Detach the protection plan/);
    await post(`${path}/detach-protection-plan`);
    assert.equal((await post(`${path}/retire`)).status, 200);
  });

  test('what the mirror finds at the place of a retired application is not registered, and is adopted as a new one', async () => {
    const { clusterId, applicationInstanceId } = await setScene();
    await post(`/v1/application-instances/${applicationInstanceId}/retire`);
    await api.opened.pool.query(
      `insert into cluster_application (id, organization_id, cluster_id, namespace, name, uid, capabilities, conditions, seen_at)
       select $2, organization_id, id, 'org-myteam', 'app', 'u', '{}', '[]', now() from cluster where id = $1`,
      [clusterId, api.opened.vault.newId()],
    );
    const [found] = (await get(`/v1/clusters/${clusterId}/applications?adopted=false`)).items;
    assert.equal(found.applicationInstanceId, undefined);
    assert.equal((await get(`/v1/application-instances/${applicationInstanceId}`)).observed, undefined);
    const adopted = await post(`/v1/clusters/${clusterId}/applications/${found.id}/adopt`, {
      applicationClassId: classId,
    });
    assert.equal(adopted.status, 201, adopted.text);
    assert.notEqual(adopted.body.id, applicationInstanceId);
  });

  test('a retired cluster is not watched, called or listed any more, and its name is free', async () => {
    const scene = await setScene();
    const { clusterId, applicationInstanceId } = scene;
    const path = `/v1/clusters/${clusterId}`;
    const { name } = await get(path);
    const copy = await succeeded(api, scene, { set: `owed = 'Delete', next_attempt_at = now()` });
    await api.make('/v1/operations', backup(scene));
    const refused = await post(`${path}/retire`);
    assertProblem(refused, 409, 'in-use');
    const inTheWay = /: 1 application instance, 1 Operation that has not ended refer to it\. Retire or move/;
    assert.match(refused.body.detail, inTheWay);
    await cancelAll(clusterId);
    await post(`/v1/application-instances/${applicationInstanceId}/retire`);
    await post(`${path}/agent-token`);
    await api.opened.pool.query(
      `update cluster set throttled_until = now() + interval '1 hour',
         conditions = '[{"type": "Reachable", "status": "True", "reason": "Answered", "message": "", "lastTransitionTime": "2026-05-28T02:00:00Z"}]'
       where id = $1`,
      [clusterId],
    );
    const known = await get(path);
    assert.ok(known.agentTokenCreatedAt && known.throttledUntil && known.conditions.length > 0, known);
    assert.equal((await get(`/v1/recovery-points/${copy}`)).operationId, copy);
    const { body, status } = await post(`${path}/retire`);
    assert.deepEqual(
      [status, body.agentTokenCreatedAt, body.throttledUntil, body.conditions],
      [200, undefined, undefined, []],
    );
    assert.ok(body.retiredAt > known.updatedAt, body.retiredAt);
    assert.deepEqual([body.updatedAt, body.copiesFrom], [body.retiredAt, body.retiredAt]);
    const { delivery: _, ...shown } = await get(path);
    assert.deepEqual(shown, body);
    const told = async () => (await get(`${path}/events`)).items;
    const events = await told();
    const { message } = events.find(({ reason }: { reason: string }) => reason === 'ClusterRetired');
    assert.match(message, /^Retired by \S.*\. Nothing watches it any more/);
    assertProblem(await api.call('GET', `/v1/recovery-points/${copy}`), 404, 'not-found');
    assert.deepEqual((await post(`${path}/retire`)).body, body, 'a second time nothing changes');
    assert.deepEqual(await told(), events);
    assert.equal(await api.opened.directory.target(clusterId), undefined);
    assert.ok((await api.opened.directory.list()).every(({ id }) => id !== clusterId));
    const now = new Date(Date.now() + 1000).toISOString();
    assert.ok((await api.opened.deliveries.dueClusters(now)).every((id) => id !== clusterId));
    const ids = async (query = '') => (await get(`/v1/clusters${query}`)).items.map(({ id }: { id: string }) => id);
    assert.ok(!(await ids()).includes(clusterId));
    assert.ok((await ids('?includeRetired=true')).includes(clusterId));
    assert.equal((await reasons(path)).at(-1), 'ClusterRetired');
    for (const verb of ['check', 'suspend', 'agent-token'])
      assertProblem(await post(`${path}/${verb}`, verb === 'suspend' ? {} : undefined), 422, 'rule-violated');
    assertProblem(await api.call('PATCH', path, { body: { displayName: 'x' } }), 422, 'rule-violated');
    const { body: application } = await post('/v1/application-instances', {
      ...{ clusterId, applicationClassId: classId, namespace: 'x', name: 'x' },
    });
    assert.match(application.detail, /was retired/);
    assert.notEqual(await cluster(name), clusterId);
  });

  test('a cluster that is gone for good is retired although it never states that what is withdrawn has left it', async () => {
    const scene = await setScene();
    const { operation } = await api.make('/v1/operations', backup(scene));
    const { clusterId, applicationInstanceId } = scene;
    assertProblem(await post(`/v1/application-instances/${applicationInstanceId}/retire`), 409, 'in-use');
    const at = new Date().toISOString();
    const condition = {
      type: 'Withdrawing',
      status: 'True',
      reason: 'PendingTimeout',
      message: 'm',
      lastTransitionTime: at,
    };
    await api.opened.pool.query(
      `update operation set owed = null, deletion_reason = 'Withdraw', delivered_at = now(), conditions = $2 where id = $1`,
      [operation.id, JSON.stringify([condition])],
    );
    assert.equal((await post(`/v1/application-instances/${applicationInstanceId}/retire`)).status, 200);
    assert.equal((await post(`/v1/clusters/${clusterId}/retire`)).status, 200);
    const { phase, conditions } = await get(`/v1/operations/${operation.id}`);
    assert.equal(phase, 'Failed');
    assert.ok(conditions.some(({ reason }: { reason: string }) => reason === 'ClusterRetired'));
  });

  test('a cluster gets another name', async () => {
    const [id, taken] = [await cluster(), await cluster()];
    const renamed = await api.call('PATCH', `/v1/clusters/${id}`, { body: { name: 'new-name' } });
    assert.equal(renamed.body.name, 'new-name', renamed.text);
    assert.deepEqual(await reasons(`/v1/clusters/${id}`), ['ClusterRenamed']);
    const { name } = await get(`/v1/clusters/${taken}`);
    assertProblem(await api.call('PATCH', `/v1/clusters/${id}`, { body: { name } }), 409, 'already-exists');
  });

  test('an application moves with its schedules, and its copies stay where they are', async () => {
    const scene = await setScene();
    const { applicationInstanceId: id } = scene;
    const path = `/v1/application-instances/${id}`;
    const schedule = await api.make('/v1/schedules', {
      ...{ applicationInstanceId: id, name: 'nightly', schedule: '0 2 * * *' },
    });
    const copy = await succeeded(api, scene);
    const to = await cluster();
    const occupant = await instance(to);
    assertProblem(await post(`${path}/move`, { clusterId: to }), 409, 'already-exists');
    assertProblem(await post(`${path}/move`, {}), 422, 'rule-violated');
    assertProblem(await post(`${path}/move`, { clusterId: to }, api.otherKey), 404, 'not-found');
    await post(`/v1/application-instances/${occupant}/retire`);
    const letGo = await cluster();
    await post(`/v1/clusters/${letGo}/retire`);
    const blocked = await post(`${path}/move`, { clusterId: letGo });
    assertProblem(blocked, 422, 'rule-violated');
    assert.deepEqual(pointersOf(blocked), ['/clusterId']);
    assert.match(blocked.body.detail, /The cluster .* was retired at /);
    await api.make('/v1/operations', backup(scene));
    assertProblem(await post(`${path}/move`, { clusterId: to }), 409, 'in-use');
    await cancelAll(scene.clusterId);
    // Somebody else has made one there, before the application was registered there.
    const theirs = await succeeded(
      api,
      { ...scene, clusterId: to, applicationInstanceId: await instance(to, 'guest') },
      {
        set: `application_instance_id = null, target = 'app', origin = 'cluster', foreign_uid = 'u-1'`,
      },
    );
    const moved = await post(`${path}/move`, { clusterId: to });
    assert.deepEqual([moved.status, moved.body.clusterId, moved.body.name], [200, to, 'app'], moved.text);
    assert.equal((await get(`/v1/schedules/${schedule.id}`)).clusterId, to);
    assert.equal((await get(`/v1/recovery-points/${copy}`)).clusterId, scene.clusterId);
    const { body } = await post(`/v1/schedules/${schedule.id}/trigger`);
    assert.deepEqual([body.clusterId, body.target], [to, 'app']);
    assert.ok((await reasons(path)).includes('ApplicationMoved'));
    assert.equal((await get(`/v1/operations/${theirs}`)).applicationInstanceId, id, 'and so do those of others');
  });
});
