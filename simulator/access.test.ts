import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { at, listAt, text, textsAt } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { call, OPERATIONS, operation } from './testing.ts';

let cluster: SimulatedCluster;
const ALL = '/apis/ops.vworkspace.io/v1alpha1/operations';
const REVIEWS = '/apis/authorization.k8s.io/v1';
const USER = 'system:serviceaccount:vworkspace-system:vworkspace-control-plane';

before(async () => {
  cluster = await startCluster();
  cluster.addNamespace('org-myteam');
  cluster.addNamespace('closed', { labels: {} });
});
after(() => cluster.close());

const as = (token: string, method: string, path: string, body?: unknown): ReturnType<typeof call> =>
  call(cluster, method, path, { token, ...(body === undefined ? {} : { body }) });

test('a wrong, expired or revoked token is a 401, at once', async () => {
  assert.equal((await as('wrong', 'GET', '/version')).code, 401);
  const token = cluster.issueToken();
  assert.equal((await as(token, 'GET', ALL)).code, 200);
  cluster.expireToken(token, Date.now());
  const expired = await as(token, 'GET', ALL);
  assert.equal(expired.code, 401);
  assert.equal(text(expired.body, 'reason'), 'Unauthorized');
});

test('the service account reads Operations everywhere, writes them in open namespaces, and nothing else', async () => {
  assert.equal((await as(cluster.token, 'GET', ALL)).code, 200);
  assert.equal((await as(cluster.token, 'GET', '/apis/ops.vworkspace.io/v1alpha1/clusters')).code, 200);
  assert.equal((await as(cluster.token, 'DELETE', `${OPERATIONS}/none`)).code, 404);
  assert.equal(
    (await as(cluster.token, 'DELETE', '/apis/ops.vworkspace.io/v1alpha1/namespaces/closed/operations/none')).code,
    403,
  );
  const velero = await as(cluster.token, 'GET', '/apis/velero.io/v1/backups');
  assert.equal(velero.code, 403);
  assert.equal(
    text(velero.body, 'message'),
    `backups.velero.io is forbidden: User "${USER}" cannot list resource "backups" in API group "velero.io" at the cluster scope`,
  );
});

test('with roles in named namespaces only, the cluster-wide list and watch are refused and the namespaced ones work', async (context) => {
  const narrow = await startCluster({ namespaces: ['org-myteam'] });
  context.after(() => narrow.close());
  for (const name of ['org-myteam', 'org-other']) narrow.addNamespace(name);
  narrow.addApplicationInstance('org-myteam', 'nextcloud');
  const get = (path: string): ReturnType<typeof call> => call(narrow, 'GET', path, { token: narrow.token });
  for (const [group, resource] of [
    ['ops.vworkspace.io', 'operations'],
    ['apps.vworkspace.io', 'applicationinstances'],
  ] as const) {
    const path = (namespace: string): string => `/apis/${group}/v1alpha1${namespace}/${resource}`;
    for (const [verb, query] of [
      ['list', ''],
      ['watch', '?watch=1&timeoutSeconds=1'],
    ] as const) {
      const refused = await get(`${path('')}${query}`);
      assert.equal(refused.code, 403);
      assert.equal(
        text(refused.body, 'message'),
        `${resource}.${group} is forbidden: User "${USER}" cannot ${verb} resource "${resource}" in API group "${group}" at the cluster scope`,
      );
      assert.deepEqual(at(refused.body, 'details'), { group, kind: resource });
      assert.equal((await get(`${path('/namespaces/org-myteam')}${query}`)).code, 200);
    }
    const elsewhere = await get(path('/namespaces/org-other'));
    assert.equal(
      text(elsewhere.body, 'message'),
      `${resource}.${group} is forbidden: User "${USER}" cannot list resource "${resource}" in API group "${group}" in the namespace "org-other"`,
    );
  }
  const body = operation('narrow');
  assert.equal((await call(narrow, 'POST', OPERATIONS, { body, token: narrow.token })).code, 201);
  narrow.restrictTo(undefined);
  assert.equal((await get(ALL)).code, 200);
  narrow.restrictTo([]);
  assert.equal((await get(OPERATIONS)).code, 403);
});

test('what the reviews say is what a request meets, with rights in the cluster or in a namespace', async (context) => {
  context.after(() => cluster.restrictTo(undefined));
  const reviewed = async (verb: string, resource: string, namespace: string): Promise<unknown> => {
    const spec = { resourceAttributes: { verb, group: 'ops.vworkspace.io', resource, namespace } };
    return at(
      (await as(cluster.token, 'POST', `${REVIEWS}/selfsubjectaccessreviews`, { spec })).body,
      'status',
      'allowed',
    );
  };
  const ruled = async (verb: string, resource: string, namespace: string): Promise<boolean> => {
    const answer = await as(cluster.token, 'POST', `${REVIEWS}/selfsubjectrulesreviews`, { spec: { namespace } });
    return listAt(answer.body, 'status', 'resourceRules').some(
      (rule) =>
        textsAt(rule, 'verbs').includes(verb) &&
        textsAt(rule, 'apiGroups').includes('ops.vworkspace.io') &&
        textsAt(rule, 'resources').includes(resource),
    );
  };
  for (const restricted of [undefined, ['org-myteam']]) {
    cluster.restrictTo(restricted);
    for (const namespace of ['', 'org-myteam', 'closed', 'absent']) {
      const path = `/apis/ops.vworkspace.io/v1alpha1${namespace === '' ? '' : `/namespaces/${namespace}`}/operations`;
      const met = (await as(cluster.token, 'GET', path)).code === 200;
      assert.equal(met, restricted === undefined || namespace === 'org-myteam', namespace);
      assert.equal(await reviewed('list', 'operations', namespace), met, namespace);
      if (namespace === '') continue;
      assert.equal(await ruled('list', 'operations', namespace), met, namespace);
      const deletes = (await as(cluster.token, 'DELETE', `${path}/none`)).code === 404;
      assert.equal(deletes, namespace === 'org-myteam', namespace);
      assert.equal(await reviewed('delete', 'operations', namespace), deletes, namespace);
      assert.equal(await ruled('delete', 'operations', namespace), deletes, namespace);
    }
  }
});

test('access reviews agree with what is allowed, and grants come and go', async () => {
  const review = async (): Promise<unknown> => {
    const spec = {
      resourceAttributes: { verb: 'list', group: 'velero.io', resource: 'backupstoragelocations', namespace: 'velero' },
    };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
    return at(
      (await as(cluster.token, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body)).body,
      'status',
      'allowed',
    );
  };
  assert.equal(await review(), false);
  const grant = cluster.grant({ verbs: ['list'], groups: ['velero.io'], resources: ['backupstoragelocations'] });
  assert.equal(await review(), true);
  grant.clear();
  assert.equal(await review(), false);
});
