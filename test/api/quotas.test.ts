import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { access, type Scene, setScene } from './scene.ts';

const quotas = {
  organizationClusters: 2,
  organizationApplications: 3,
  clusterApplications: 2,
  organizationSchedules: 5,
  clusterSchedules: 4,
};

describe('quotas', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi({}, { limits: { quotas } });
    scene = await setScene(api);
  });
  after(() => api.close());

  const refused = async (path: string, body: object, ...words: readonly RegExp[]) => {
    const answer = await api.call('POST', path, { body });
    assertProblem(answer, 409, 'quota-exceeded');
    for (const each of words) assert.match(answer.body.detail, each);
  };
  const application = (name: string, clusterId = scene.clusterId) => ({
    clusterId,
    applicationClassId: scene.applicationClassId,
    namespace: 'org-myteam',
    name,
  });
  const schedule = (name: string) => ({
    applicationInstanceId: scene.applicationInstanceId,
    name,
    schedule: '0 2 * * *',
  });

  test('an organization is refused what is beyond, with limit and count, and another one is not', async () => {
    const second = await api.make('/v1/clusters', { name: 'second', ...access });
    await refused('/v1/clusters', { name: 'third', ...access }, /organization has 2 clusters/, /may have 2/);
    await api.make('/v1/clusters', { name: 'third', ...access }, api.otherKey);

    await api.make('/v1/application-instances', application('b'));
    await refused('/v1/application-instances', application('c'), /cluster has 2 application instances/);
    await api.make('/v1/application-instances', application('c', second.id));
    await refused('/v1/application-instances', application('d', second.id), /organization has 3 application instances/);
  });

  test('schedules count, made by hand or by a plan, until they are removed; a plan adds all of its own or none', async () => {
    const made = [];
    for (const name of ['a', 'b']) made.push(await api.make('/v1/schedules', schedule(name)));
    const apply = `/v1/application-instances/${scene.applicationInstanceId}/apply-protection-plan`;
    await refused(apply, { protectionPlanName: 'default' }, /cluster has 2 schedules/, /adds 3/);
    assert.equal((await api.call('GET', '/v1/schedules')).body.items.length, 2);
    assert.equal((await api.call('DELETE', `/v1/schedules/${made[0].id}`)).status, 200);
    assert.equal((await api.call('POST', apply, { body: { protectionPlanName: 'default' } })).status, 200);
    assert.equal((await api.call('POST', apply, { body: { protectionPlanName: 'default' } })).status, 200, 'again');
    await refused('/v1/schedules', schedule('c'), /cluster has 4 schedules/);
    const preview = await api.call('POST', '/v1/schedules/preview', { body: schedule('c') });
    assert.ok(preview.status < 300, preview.text);
  });

  test('what is retired counts no more', async () => {
    const named = async (path: string, name: string) =>
      (await api.call('GET', path)).body.items.find((each: { name: string }) => each.name === name);
    const retire = async (path: string, id: string) =>
      assert.equal((await api.call('POST', `${path}/${id}/retire`)).status, 200);
    const [clusters, applications] = ['/v1/clusters', '/v1/application-instances'];
    const second = await named(clusters, 'second');
    await retire(applications, (await named(applications, 'c')).id);
    const { id } = await api.make(applications, application('d', second.id));
    await refused(applications, application('e', second.id), /organization has 3/);
    await retire(applications, id);
    await retire(clusters, second.id);
    await api.make(clusters, { name: 'in-its-place', ...access });
  });

  test('parameters that would be stored again with each fire are bounded', async () => {
    const includedResources = Array.from({ length: 200 }, (_, n) => `${'r'.repeat(200)}${n}`);
    const large = { parameters: { includedResources } };
    for (const [path, body, pointer] of [
      ['/v1/schedules/preview', { ...schedule('large'), template: large }, '/template/parameters'],
      [
        '/v1/operations',
        { applicationInstanceId: scene.applicationInstanceId, type: 'Backup', ...large },
        '/parameters',
      ],
    ] as const) {
      const answer = await api.call('POST', path, { body });
      assertProblem(answer, 422, 'rule-violated');
      assert.deepEqual(pointersOf(answer), [pointer]);
    }
  });
});
