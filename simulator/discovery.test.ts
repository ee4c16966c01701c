import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from './index.ts';
import type { JsonObject } from './json.ts';
import { listAt, objectAt, text } from './json.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import { apply, call, operation } from './testing.ts';

const PATHS = {
  locations: '/apis/velero.io/v1/namespaces/velero/backupstoragelocations',
  snapshotClasses: '/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses',
  storageClasses: '/apis/storage.k8s.io/v1/storageclasses',
  namespaces: '/api/v1/namespaces',
};

async function own(
  context: { after(step: () => Promise<void>): void },
  options: ClusterOptions,
): Promise<SimulatedCluster> {
  const cluster = await startCluster(options);
  context.after(() => cluster.close());
  return cluster;
}

const read = (cluster: SimulatedCluster, path: string): ReturnType<typeof call> =>
  call(cluster, 'GET', path, { token: cluster.token });

test('what storage and namespaces there are is for nobody to read who was not granted it', async (context) => {
  const cluster = await own(context, {});
  for (const path of Object.values(PATHS)) {
    const refused = await read(cluster, path);
    assert.deepEqual([refused.code, text(refused.body, 'reason')], [403, 'Forbidden'], path);
  }
  assert.equal((await read(cluster, '/api/v1/namespaces/velero/secrets')).code, 403);
});

test('granted, discovery finds storage locations by phase, snapshot and storage classes, and gated namespaces', async (context) => {
  const cluster = await own(context, {
    discovery: true,
    storageLocations: [
      { name: 'default', default: true },
      { name: 'offsite', phase: 'Unavailable' },
      { name: 'unseen', phase: '' },
    ],
  });
  cluster.addNamespace('org-myteam', { annotations: { 'ops.vworkspace.io/allowed-types': 'Backup' } });
  const items = async (path: string): Promise<readonly JsonObject[]> =>
    listAt((await read(cluster, path)).body, 'items').map((item) => objectAt({ item }, 'item'));
  const locations = await items(PATHS.locations);
  assert.deepEqual(
    locations.map((each) => [text(each, 'metadata', 'name'), text(each, 'status', 'phase')]),
    [
      ['default', 'Available'],
      ['offsite', 'Unavailable'],
      ['unseen', ''],
    ],
  );
  assert.deepEqual(
    (await items(PATHS.snapshotClasses)).map((each) => text(each, 'driver')),
    ['rbd.csi.ceph.com'],
  );
  assert.deepEqual(
    (await items(PATHS.storageClasses)).map((each) => text(each, 'provisioner')),
    ['rbd.csi.ceph.com'],
  );
  const open = (await items(PATHS.namespaces)).filter(
    (each) => text(each, 'metadata', 'labels', 'app.vworkspace.io/managed-by') === 'vworkspace',
  );
  assert.deepEqual(
    open.map((each) => [
      text(each, 'metadata', 'labels', 'managed-by'),
      text(each, 'metadata', 'annotations', 'ops.vworkspace.io/allowed-types'),
    ]),
    [['vworkspace', 'Backup']],
  );
  const write = await call(cluster, 'DELETE', `${PATHS.locations}/default`, { token: cluster.token });
  assert.equal(write.code, 403);
});

test('the Cluster resource tells the operator, its release and how it is; the CRDs tell the release too', async (context) => {
  const cluster = await own(context, { name: 'east', operatorVersion: '0.0.9' });
  const told = (await read(cluster, '/apis/ops.vworkspace.io/v1alpha1/clusters/east')).body;
  assert.equal(text(told, 'status', 'operatorVersion'), '0.0.9');
  const conditions = listAt(told, 'status', 'conditions').map(
    (each) => `${text(each, 'type')}=${text(each, 'status')}`,
  );
  assert.deepEqual(conditions, [
    'Connected=True',
    'Disconnected=False',
    'Authenticated=True',
    'ControllersHealthy=True',
    'BufferOverflow=False',
  ]);
  const crd = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/operations.ops.vworkspace.io';
  assert.equal((await read(cluster, crd)).code, 403);
  const { body } = await call(cluster, 'GET', crd);
  assert.equal(text(body, 'metadata', 'labels', 'app.kubernetes.io/version'), '0.0.9');
  assert.deepEqual(
    listAt(body, 'spec', 'versions').map((each) => text(each, 'name')),
    ['v1alpha1'],
  );
});

test('operators before 0.0.7 know three parameters of a backup and three of a restore, and say so as newer ones do', async (context) => {
  const known = { retention: '720h', snapshotClassName: 'csi-rbd', storageLocation: 'default' };
  const mapped = { backupName: 'nightly', namespaceMapping: { a: 'b' }, restorePVs: true };
  for (const [operatorVersion, code] of [
    ['0.0.6', 403],
    ['0.0.7', 201],
  ] as const) {
    const cluster = await own(context, { operatorVersion, speed: 0.001 });
    cluster.addNamespace('org-myteam');
    cluster.addApplicationInstance('org-myteam', 'nextcloud');
    const tried = (name: string, type: string, parameters: JsonObject): ReturnType<typeof apply> =>
      apply(cluster, operation(name, { type, parameters }), 'fieldManager=test&dryRun=All');
    assert.equal((await tried('backup', 'Backup', known)).code, 201);
    assert.equal((await tried('restore', 'Restore', mapped)).code, 201);
    for (const more of [{ ttl: '720h' }, { snapshotVolumes: true }, { includedResources: ['pods'] }]) {
      const answer = await tried('backup-more', 'Backup', { ...known, ...more });
      assert.equal(answer.code, code);
      const name = Object.keys(more).join('');
      if (code === 403)
        assert.equal(
          text(answer.body, 'message'),
          `admission webhook "voperation.kb.io" denied the request: parameters.${name}: Additional property ${name} is not allowed`,
        );
    }
    assert.equal((await tried('restore-more', 'Restore', { ...mapped, existingResourcePolicy: 'update' })).code, code);
  }
});
