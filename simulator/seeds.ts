// What a fresh cluster holds: system namespaces, the CRDs, Velero's storage locations, a snapshot and a storage class,
// and the operator's Cluster resource.

import type { JsonObject } from './json.ts';
import { at, text } from './json.ts';
import type { Copy } from './object-storage.ts';
import type { Server } from './objects.ts';
import { create, update, withMeta, writeOptions } from './objects.ts';
import type { ForeignCopy, StorageLocation } from './options.ts';
import type { ResourceType } from './registry.ts';
import { CRDS, NAMESPACES, STORAGE_CLASSES, shippedCrds, shippedType } from './registry.ts';
import { VELERO_NAMESPACE } from './upkeep.ts';

export const SYSTEM_NAMESPACE = 'vworkspace-system';

const object = (apiVersion: string, kind: string, name: string, rest: JsonObject, namespace = ''): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === '' ? {} : { namespace }) },
  ...rest,
});

const GATE: JsonObject = { 'managed-by': 'vworkspace', 'app.vworkspace.io/managed-by': 'vworkspace' };

/** Writes an object with the rights of the system: a create, or an update of all of it, status included. */
export function put(server: Server, type: ResourceType, given: JsonObject, namespace = ''): JsonObject {
  const options = writeOptions('simulator');
  const { status, ...rest } = given;
  const name = typeof given.metadata === 'object' ? String(Object(given.metadata).name ?? '') : '';
  const before = server.store.get(type, namespace, name);
  const main =
    before === undefined
      ? create(server, type, namespace, type.hasStatus ? rest : given, options).object
      : update(server, type, before, type.hasStatus ? rest : given, options).object;
  if (status === undefined || !type.hasStatus) return main;
  return update(server, type, main, { ...main, status }, writeOptions('simulator', 'status')).object;
}

export function addNamespace(
  server: Server,
  name: string,
  labels: Record<string, string> | undefined,
  annotations: Record<string, string> | undefined,
): void {
  const metadata: JsonObject = {
    name,
    labels: { ...(labels ?? GATE) },
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  };
  put(server, NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata });
}

const condition = (now: string, type: string, value: boolean, reason: string): JsonObject => ({
  type,
  status: value ? 'True' : 'False',
  reason,
  message: '',
  lastTransitionTime: now,
});

export function addApplicationInstance(
  server: Server,
  namespace: string,
  name: string,
  annotations: Record<string, string> | undefined,
): void {
  const now = server.clock.text();
  const declared = annotations ?? { 'ops.vworkspace.io/backup': 'velero', 'ops.vworkspace.io/restore': 'velero' };
  const type = shippedType('applicationinstances');
  put(
    server,
    type,
    {
      apiVersion: type.apiVersion,
      kind: type.kind,
      metadata: { name, namespace, annotations: { ...declared } },
      spec: { mode: 'managed', appRef: { catalogId: name.split('-')[0] ?? name }, release: { name, namespace } },
      status: {
        conditions: [
          condition(now, 'Ready', true, 'ReconciliationSucceeded'),
          condition(now, 'Reconciling', false, 'ReconciliationSucceeded'),
        ],
      },
    },
    namespace,
  );
}

export interface Seed {
  readonly name: string;
  readonly operatorVersion: string;
  readonly storageLocations: readonly StorageLocation[] | undefined;
}

const LOCATIONS: readonly StorageLocation[] = [{ name: 'default', default: true }, { name: 'aws-primary' }];

export function addStorageLocation(server: Server, location: StorageLocation): void {
  const { name, phase = 'Available' } = location;
  const type = shippedType('backupstoragelocations');
  const before = server.store.get(type, VELERO_NAMESPACE, name);
  const isDefault = location.default ?? at(before, 'spec', 'default') === true;
  const spec = { provider: 'aws', default: isDefault, objectStorage: { bucket: `backups-${name}` } };
  const status: JsonObject = phase === '' ? {} : { status: { phase, lastValidationTime: server.clock.text() } };
  put(
    server,
    type,
    object('velero.io/v1', 'BackupStorageLocation', name, { spec, ...status }, VELERO_NAMESPACE),
    VELERO_NAMESPACE,
  );
}

/** A finished Backup as another cluster left it in the bucket. */
export function foreignCopy(server: Server, name: string, given: ForeignCopy): Copy {
  const now = server.clock.text();
  const month = `${new Date(server.clock.now() + 30 * 86_400_000).toISOString().slice(0, 19)}Z`;
  const { storageLocation = 'default', namespace = 'org-elsewhere', expiration = month } = given;
  const progress = { totalItems: 1, itemsBackedUp: 1 };
  const times = { startTimestamp: now, completionTimestamp: now, expiration };
  const backup = object(
    'velero.io/v1',
    'Backup',
    name,
    {
      spec: { storageLocation, ttl: '720h0m0s', includedNamespaces: [namespace] },
      status: { phase: 'Completed', version: 1, formatVersion: '1.1.0', progress, ...times },
    },
    VELERO_NAMESPACE,
  );
  return { backup, objects: [] };
}

/** A CRD says which release of the operator brought it. */
function crdOf(crd: JsonObject, operatorVersion: string): JsonObject {
  if (!text(crd, 'spec', 'group').endsWith('.vworkspace.io')) return crd;
  return withMeta(crd, { labels: { 'app.kubernetes.io/version': operatorVersion } });
}

export function seed(server: Server, { name: clusterName, operatorVersion, storageLocations }: Seed): void {
  const now = server.clock.text();
  for (const { crd } of shippedCrds()) create(server, CRDS, '', crdOf(crd, operatorVersion), writeOptions('simulator'));
  for (const name of ['default', 'kube-system', 'kube-public', SYSTEM_NAMESPACE, VELERO_NAMESPACE])
    addNamespace(server, name, {}, undefined);
  for (const location of storageLocations ?? LOCATIONS) addStorageLocation(server, location);
  put(
    server,
    shippedType('volumesnapshotclasses'),
    object('snapshot.storage.k8s.io/v1', 'VolumeSnapshotClass', 'csi-rbd', {
      driver: 'rbd.csi.ceph.com',
      deletionPolicy: 'Retain',
    }),
  );
  put(
    server,
    STORAGE_CLASSES,
    object('storage.k8s.io/v1', 'StorageClass', 'standard', {
      provisioner: 'rbd.csi.ceph.com',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
    }),
  );
  put(
    server,
    shippedType('clusters'),
    object('ops.vworkspace.io/v1alpha1', 'Cluster', clusterName, {
      spec: { clusterId: clusterName, connectivityMode: 'Push' },
      status: {
        operatorVersion,
        conditions: [
          condition(now, 'Connected', true, 'Connected'),
          condition(now, 'Disconnected', false, 'Connected'),
          condition(now, 'Authenticated', true, 'TokenAccepted'),
          condition(now, 'ControllersHealthy', true, 'AllHealthy'),
          condition(now, 'BufferOverflow', false, 'WithinLimit'),
        ],
      },
    }),
  );
}
