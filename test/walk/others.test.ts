/**
 * What others do in a cluster, seen over real HTTPS by the watch: an Operation by kubectl, an application that nobody
 * registered, a restore by hand that our backup waits for, and deletions.
 */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { type Scene, setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const patience = 60;

describe('what others do in a cluster', () => {
  let cluster: SimulatedCluster;
  let service: TestService;
  let scene: Scene;
  /** Put forward so that a slot is near; the cluster's own time is the real one. */
  let aheadMs = 0;
  before(async () => {
    cluster = await startCluster({ name: 'cluster-prod-1', speed: 20, requireRestoreApproval: true });
    service = await startTestService({
      backend: 'postgres',
      clock: { now: async () => new Date(Date.now() + aheadMs).toISOString() },
    });
    scene = await setScene(service.api, cluster);
    await until('the watch', patience, async () => {
      const { body } = await service.api.get(`/v1/clusters/${scene.clusterId}`);
      return body.conditions.some(
        ({ type, status }: { type: string; status: string }) => type === 'Watching' && status === 'True',
      );
    });
  });
  after(async () => {
    await service.close();
    await cluster.close();
  });

  /** As another client of the cluster, with an administrator's rights. */
  const kubectl = (method: string, path: string, body?: object, type = 'application/json') =>
    new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${cluster.adminToken}`, 'content-type': type };
      const url = `${cluster.url}/apis/ops.vworkspace.io/v1alpha1/namespaces/org-myteam/operations${path}`;
      const sent = request(url, { method, ca: cluster.caPem, headers, agent: false }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        answer.on('end', () => ((answer.statusCode ?? 500) < 300 ? resolve() : reject(new Error(text))));
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const resource = (name: string, spec: object = {}) => ({
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: { name, namespace: 'org-myteam' },
    spec: {
      targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'nextcloud-myteam' },
      type: 'Backup',
      engine: 'velero',
      ...spec,
    },
  });
  const create = (name: string, spec: object = {}) =>
    kubectl('POST', '?fieldManager=kubectl-create', resource(name, spec));
  const theirs = (name: string) =>
    until(`the record of ${name}`, patience, async () => {
      const { body } = await service.api.get('/v1/operations?origin=cluster&limit=200');
      return body.items.find((each: { name: string }) => each.name === name);
    });
  const phase = (id: string, wanted: string) =>
    until(`${id} ${wanted}`, patience, async () => {
      const { body } = await service.api.get(`/v1/operations/${id}`);
      return body.phase === wanted ? body : undefined;
    });

  test('a backup by kubectl appears with who made it, succeeds, and is a recovery point that a restore can name', async () => {
    await create('by-hand', { parameters: { ttl: '48h0m0s' } });
    const { id, requestedBy, origin } = await theirs('by-hand');
    assert.deepEqual([requestedBy, origin], ['cluster/kubectl-create', 'cluster']);
    const done = await phase(id, 'Succeeded');
    assert.equal(done.applicationInstanceId, scene.applicationInstanceId);
    const point = await service.api.get(`/v1/recovery-points/${id}`);
    assert.deepEqual([point.status, point.body.backupName, point.body.ttl], [200, 'by-hand', '48h']);
    const applied = resource('by-git', { parameters: { storageLocation: 'default' } });
    await kubectl(
      'PATCH',
      '/by-git?fieldManager=argocd-controller&force=true',
      applied,
      'application/apply-patch+yaml',
    );
    const git = await theirs('by-git');
    assert.deepEqual([git.requestedBy, git.ttl, git.ttlSource], ['cluster/argocd-controller', '720h', 'velero']);
    await phase(git.id, 'Succeeded');
    // Whoever touches ours, it stays ours.
    const backup = { applicationInstanceId: scene.applicationInstanceId, type: 'Backup', name: 'ours' };
    const ours = (await service.api.post('/v1/operations', backup)).body.operation;
    await phase(ours.id, 'Succeeded');
    const label = { metadata: { labels: { touched: 'yes' } } };
    await kubectl('PATCH', '/ours?fieldManager=kubectl-label', label, 'application/merge-patch+json');
    await create('after-ours');
    await phase((await theirs('after-ours')).id, 'Succeeded');
    const { body } = await service.api.get('/v1/operations?limit=200');
    assert.deepEqual(
      body.items.filter(({ name }: { name: string }) => name === 'ours').map((each: { origin: string }) => each.origin),
      ['request'],
    );
  });

  test('an application that nobody registered is found, adopted, scheduled and backed up', async () => {
    cluster.addApplicationInstance('org-myteam', 'nextcloud-found');
    const path = `/v1/clusters/${scene.clusterId}/applications`;
    const found = await until('the application', patience, async () => {
      const { body } = await service.api.get(`${path}?adopted=false&ready=true`);
      return body.items.find(({ name }: { name: string }) => name === 'nextcloud-found');
    });
    assert.deepEqual([found.capabilities.backup, found.catalogId], ['velero', 'nextcloud']);
    const adopted = await service.api.post(`${path}/${found.id}/adopt`, {});
    assert.equal(adopted.status, 201, JSON.stringify(adopted.body));
    assert.equal(adopted.body.observed.ready, true);
    const body = { applicationInstanceId: adopted.body.id, name: 'often', schedule: '* * * * *', cadence: 'hourly' };
    const schedule = await service.api.post('/v1/schedules', body);
    assert.equal(schedule.status, 201);
    assert.match(
      schedule.body.warnings.join(),
      /^It keeps 1,440 copies at a time \(ttl 24h\)[^,]*, or let it fire less often\.$/,
    );
    aheadMs += Date.parse(schedule.body.nextFireAt) - (Date.now() + aheadMs);
    const fired = await until('the fire', patience, async () => {
      const made = await service.api.get(`/v1/operations?scheduleId=${schedule.body.id}`);
      return made.body.items.at(-1);
    });
    await service.api.post(`/v1/schedules/${schedule.body.id}/suspend`, {});
    await phase(fired.id, 'Succeeded');
  });

  test('a restore by hand that is in flight holds our backup back, until it is deleted', async () => {
    await create('restore-by-hand', { type: 'Restore', parameters: { backupName: 'by-hand' } });
    const restore = await theirs('restore-by-hand');
    const body = {
      ...{ applicationInstanceId: scene.applicationInstanceId, name: 'waiting', schedule: '* * * * *' },
      cadence: 'hourly',
    };
    const schedule = await service.api.post('/v1/schedules', body);
    aheadMs += Date.parse(schedule.body.nextFireAt) - (Date.now() + aheadMs);
    const ledger = async () => (await service.api.get(`/v1/schedules/${schedule.body.id}/fires?limit=1`)).body.items[0];
    const waits = await until('the slot that waits', patience, ledger);
    assert.deepEqual([waits.outcome, waits.operationId], ['Deferred', undefined], JSON.stringify(waits));
    await kubectl('DELETE', '/restore-by-hand');
    const gone = await until('its end', patience, async () => {
      const { body: now } = await service.api.get(`/v1/operations/${restore.id}`);
      return now.finishedAt === undefined ? undefined : now;
    });
    // As its operator told it, or with our own words when that told nothing.
    assert.match(gone.phase, /Cancelled|Failed/, JSON.stringify(gone));
    const fired = await until('the backup', patience, async () => {
      const made = await service.api.get(`/v1/operations?scheduleId=${schedule.body.id}`);
      return made.body.items.at(-1);
    });
    await service.api.post(`/v1/schedules/${schedule.body.id}/suspend`, {});
    await phase(fired.id, 'Succeeded');
  });

  test("somebody else's Operation is cancelled through the API, and a finished one stays when it is deleted", async () => {
    await create('to-cancel', { type: 'Restore', parameters: { backupName: 'by-hand' } });
    const { id } = await theirs('to-cancel');
    assert.equal((await service.api.post(`/v1/operations/${id}/cancel`)).status, 200);
    await phase(id, 'Cancelled');
    assert.equal(cluster.get('operations', 'org-myteam', 'to-cancel'), undefined);
    const finished = await theirs('by-hand');
    assert.equal((await service.api.post(`/v1/operations/${finished.id}/cancel`)).status, 409);
    await kubectl('DELETE', '/by-hand');
    await create('after-deletion');
    await theirs('after-deletion');
    assert.equal((await service.api.get(`/v1/operations/${finished.id}`)).body.phase, 'Succeeded');
  });
});
