import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { at, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { call, OPERATIONS } from './testing.ts';

let cluster: SimulatedCluster;
const ALL = '/apis/ops.vworkspace.io/v1alpha1/operations';
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

test('a service account of named namespaces may not list the cluster', async (context) => {
  const narrow = await startCluster({ namespaces: ['org-myteam'] });
  context.after(() => narrow.close());
  narrow.addNamespace('org-myteam');
  const refused = await call(narrow, 'GET', ALL, { token: narrow.token });
  assert.equal(
    text(refused.body, 'message'),
    `operations.ops.vworkspace.io is forbidden: User "${USER}" cannot list resource "operations" in API group "ops.vworkspace.io" at the cluster scope`,
  );
  assert.equal((await call(narrow, 'GET', OPERATIONS, { token: narrow.token })).code, 200);
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
