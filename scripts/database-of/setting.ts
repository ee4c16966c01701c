/** The beginning of the story: organizations, keys, classes, clusters, applications, plans and blackout windows. */
import { until } from '../../test/support/until.ts';
import { accepted, type ClusterName, idOf, make, type Stage } from './stage.ts';

const read = ['api-keys', 'application-classes', 'application-instances', 'clusters', 'operations', 'schedules'];
const allScopes = read.flatMap((subject) => [`${subject}:read`, `${subject}:write`]);

export async function makeSetting(stage: Stage): Promise<void> {
  await makeOrganizations(stage);
  await makeClasses(stage);
  await makeClusters(stage);
  await makeApplications(stage);
  await makePlans(stage);
}

async function makeOrganizations(stage: Stage): Promise<void> {
  const { admin, keys } = stage;
  const acme = await make(stage, admin, '/v1/organizations', { name: 'acme' });
  await accepted(admin.patch(`/v1/organizations/${acme.id}`, { minimumIntervalSeconds: 900 }));
  const quiet = await make(stage, admin, '/v1/organizations', { name: 'quiet' });
  await accepted(admin.patch(`/v1/organizations/${quiet.id}`, { suspend: true, suspendReason: 'moved out' }));
  const key = async (name: string, more: object = {}) => {
    const scopes = read.map((subject) => `${subject}:read`);
    return make(stage, admin, '/v1/api-keys', { name, scopes, ...more }, `key ${name}`);
  };
  keys.set('acme', (await key('acme', { scopes: allScopes, organizationId: acme.id })).secret);
  const revoked = await key('revoked');
  keys.set('revoked', revoked.secret);
  await accepted(admin.post(`/v1/api-keys/${revoked.id}/revoke`));
  keys.set('expired', (await key('expired', { expiresAt: '2026-10-24T12:00:00Z' })).secret);
}

async function makeClasses(stage: Stage): Promise<void> {
  const { admin } = stage;
  const makeClass = (name: string, more: object = {}) =>
    make(stage, admin, '/v1/application-classes', { name, ...more }, `class ${name}`);
  await makeClass('nextcloud', {
    displayName: 'Nextcloud',
    defaultParameters: { storageLocation: 'default', snapshotVolumes: true },
    retention: { hourly: '48h', yearly: '61320h' },
    recoveryPointTargetSeconds: 93_600,
  });
  await makeClass('database', {
    recoveryPointTargetSeconds: 7_200,
    deliveryDeadlineSeconds: 3_600,
    runningDeadlineSeconds: 86_400,
  });
  await makeClass('unused');
  await accepted(
    admin.put(`/v1/application-classes/${idOf(stage, 'class nextcloud')}/retention-override`, { daily: '2160h' }),
  );
  const path = `/v1/application-classes/${idOf(stage, 'class database')}/retention-override`;
  await accepted(stage.acme().put(path, { hourly: '12h', onDemand: '24h' }));
}

async function makeClusters(stage: Stage): Promise<void> {
  const { admin, access, clusters } = stage;
  const register = async (name: ClusterName, api = admin, more: object = {}) => {
    const cluster = clusters[name];
    const { id, server } = await make(stage, api, '/v1/clusters', { name, kubeconfig: cluster.kubeconfig, ...more });
    access[id] = { server, token: cluster.token };
  };
  await register('cluster-prod-1', admin, { displayName: 'Production', inFlightLimit: 50 });
  await register('cluster-prod-2');
  await register('cluster-acme', stage.acme());
  const gone = { server: 'https://127.0.0.1:1', token: 'a-token-of-a-cluster-that-is-gone' };
  const { id } = await make(stage, admin, '/v1/clusters', {
    ...{ name: 'cluster-gone', ca: clusters['cluster-prod-1'].caPem },
    ...gone,
  });
  access[id] = gone;
  // Twice: the token before is good for a while, too.
  for (let round = 0; round < 2; round += 1) {
    const path = `/v1/clusters/${idOf(stage, 'cluster-prod-2')}/agent-token`;
    stage.tokens.set('cluster-prod-2', (await accepted(admin.post(path))).token);
  }
}

/** Applications by name: where each is, and of which class. */
const applications = {
  'cluster-prod-1': ['nextcloud', 'wiki', 'files', 'mail', 'chat', 'crash', 'shop', 'intranet', 'blog', 'forum'],
  'cluster-prod-2': ['orders-db', 'ledger-db'],
  'cluster-acme': ['crm', 'crm-db'],
} as const;

async function makeApplications(stage: Stage): Promise<void> {
  const { admin, clusters } = stage;
  for (const cluster of ['cluster-prod-1', 'cluster-prod-2', 'cluster-acme'] as const) {
    const namespace = cluster === 'cluster-acme' ? 'org-acme' : 'org-myteam';
    clusters[cluster].addNamespace(namespace);
    const api = cluster === 'cluster-acme' ? stage.acme() : admin;
    for (const name of applications[cluster]) {
      clusters[cluster].addApplicationInstance(namespace, name);
      const applicationClassId = idOf(stage, name.endsWith('db') ? 'class database' : 'class nextcloud');
      const instance = { clusterId: idOf(stage, cluster), applicationClassId, namespace, name };
      await make(stage, api, '/v1/application-instances', instance);
    }
  }
  const lost = { clusterId: idOf(stage, 'cluster-gone'), applicationClassId: idOf(stage, 'class database') };
  await make(stage, admin, '/v1/application-instances', { ...lost, namespace: 'org-lost', name: 'lost-db' });
  // One that the cluster has and nobody registered, adopted; and one that nobody adopts.
  for (const name of ['found', 'stray']) clusters['cluster-prod-1'].addApplicationInstance('org-myteam', name);
  const path = `/v1/clusters/${idOf(stage, 'cluster-prod-1')}/applications`;
  const found = await until('the application that was found', 60, async () => {
    const { body } = await admin.get(`${path}?adopted=false&ready=true`);
    return body.items.find(({ name }: { name: string }) => name === 'found');
  });
  const adoption = { applicationClassId: idOf(stage, 'class nextcloud'), displayName: 'Found' };
  stage.ids.set('found', (await accepted(admin.post(`${path}/${found.id}/adopt`, adoption))).id);
}

async function makePlans(stage: Stage): Promise<void> {
  const { admin, posts } = stage;
  const hourly = { name: 'hourly', schedule: '20 * * * *', ttl: '48h', spreadSeconds: 600 };
  const daily = { name: 'daily', schedule: '0 2 * * *', ttl: '720h' };
  const gold = { name: 'gold', displayName: 'Gold', timeZone: 'Europe/Berlin', entries: [hourly, daily] };
  const { id } = await make(stage, admin, '/v1/protection-plans', gold);
  await make(stage, admin, '/v1/protection-plans', {
    ...{ name: 'silver', applicationClassId: idOf(stage, 'class nextcloud'), entries: [daily] },
  });
  const apply = (application: string, protectionPlanName: string, more: object = {}) =>
    accepted(
      admin.post(`/v1/application-instances/${idOf(stage, application)}/apply-protection-plan`, {
        protectionPlanName,
        ...more,
      }),
    );
  await apply('shop', 'gold');
  await apply('intranet', 'gfs-23', { timeZone: 'America/New_York' });
  await apply('blog', 'silver');
  // Both names of the action: versions differ in it.
  const detach = posts.find((each) => /\/application-instances\/\{id\}\/(detach|remove)-protection-plan$/.test(each));
  await accepted(admin.post((detach ?? '').replace('{id}', idOf(stage, 'blog'))));
  await accepted(admin.patch(`/v1/protection-plans/${id}`, { entries: [{ ...hourly, ttl: '72h' }, daily] }));
  await make(stage, admin, '/v1/blackout-windows', {
    ...{ name: 'release of the forum', clusterId: idOf(stage, 'cluster-prod-2') },
    ...{ timeZone: 'Europe/Berlin', days: ['MON', 'TUE'], from: '22:00', to: '02:00', behavior: 'Defer' },
  });
}
