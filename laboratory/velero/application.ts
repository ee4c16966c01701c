/**
 * An application to copy and to restore: settings, a password, something that another object owns and a finalizer holds,
 * a volume with its claim, the application itself. The volume is bound as a driver's are: the claim asks, the volume is
 * made for it, the cluster binds the two. No driver runs, so that a claim that asks anew stays Pending.
 */
import type { Client, Resource } from '../cluster/client.ts';
import { mergePatch } from '../cluster/client.ts';
import { addApplication, applyAll, eventually, openNamespace } from '../cluster/install.ts';
import { pathOf } from '../cluster/paths.ts';

/** What happens to a volume when its claim goes. */
export type ReclaimPolicy = 'Retain' | 'Delete';

const driver = 'driver.laboratory';

export async function installStorageClass(admin: Client): Promise<void> {
  const metadata = { name: 'by-driver' };
  await applyAll(admin, [
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata, provisioner: driver, reclaimPolicy: 'Delete' },
  ]);
}

export const volumeOf = (namespace: string): string => `volume-of-${namespace}`;

export async function furnish(admin: Client, namespace: string, reclaimPolicy: ReclaimPolicy): Promise<void> {
  await openNamespace(admin, namespace);
  await addApplication(admin, namespace, 'nextcloud');
  await applyAll(admin, [configMap(namespace, 'settings', 'before'), claim(namespace)]);
  await applyAll(admin, [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'password', namespace }, stringData: { written: 'before' } },
  ]);
  const { uid } = (await admin.must('GET', pathOf('configmaps', namespace, 'settings'))).metadata;
  const owned = configMap(namespace, 'owned', 'before');
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid };
  const held = { finalizers: ['laboratory/hold'], ownerReferences: [owner], annotations: { 'laboratory/kept': 'yes' } };
  await applyAll(admin, [{ ...owned, metadata: { ...owned.metadata, ...held } }]);
  await provide(admin, namespace, reclaimPolicy);
}

const configMap = (namespace: string, name: string, written: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } },
  data: { written },
});

const claim = (namespace: string) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace } },
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], storageClassName: 'by-driver' },
    resources: { requests: { storage: '1Gi' } },
  },
});

/** As the driver does. */
async function provide(admin: Client, namespace: string, reclaimPolicy: ReclaimPolicy): Promise<void> {
  const { metadata } = await admin.must('GET', claimPath(namespace));
  const name = volumeOf(namespace);
  const annotations = { 'pv.kubernetes.io/provisioned-by': driver };
  const claimRef = {
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    namespace,
    name: 'data',
    uid: metadata.uid,
  };
  await applyAll(admin, [
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, annotations } },
      spec: {
        ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'by-driver' },
        ...{ persistentVolumeReclaimPolicy: reclaimPolicy, claimRef, csi: { driver, volumeHandle: namespace } },
      },
    },
  ]);
  await eventually(
    'the claim is bound',
    async () => (await admin.find(claimPath(namespace)))?.status?.phase === 'Bound',
  );
}

const claimPath = (namespace: string) => pathOf('persistentvolumeclaims', namespace, 'data');

/** As an application that went on living: one thing changed, one new, two deleted. */
export async function goOn(admin: Client, namespace: string): Promise<void> {
  await applyAll(admin, [configMap(namespace, 'settings', 'after'), configMap(namespace, 'new', 'after')]);
  await admin.must('DELETE', pathOf('secrets', namespace, 'password'));
  await remove(admin, pathOf('configmaps', namespace, 'owned'));
}

/** Its volume is kept or deleted with it, as its policy says. */
export async function loseClaim(admin: Client, namespace: string, reclaimPolicy: ReclaimPolicy): Promise<void> {
  await remove(admin, claimPath(namespace));
  await released(admin, namespace, reclaimPolicy);
}

export async function loseNamespace(admin: Client, namespace: string, reclaimPolicy: ReclaimPolicy): Promise<void> {
  await remove(admin, pathOf('configmaps', namespace, 'owned'));
  await remove(admin, pathOf('namespaces', undefined, namespace));
  await released(admin, namespace, reclaimPolicy);
}

/** What the cluster and the driver do once the claim has gone. */
async function released(admin: Client, namespace: string, reclaimPolicy: ReclaimPolicy): Promise<void> {
  const path = pathOf('persistentvolumes', undefined, volumeOf(namespace));
  await eventually('the volume is let go', async () => (await admin.find(path))?.status?.phase === 'Released');
  if (reclaimPolicy === 'Delete') await remove(admin, path);
}

export const loseVolume = (admin: Client, namespace: string): Promise<void> =>
  remove(admin, pathOf('persistentvolumes', undefined, volumeOf(namespace)));

/** Until it is gone; a finalizer of the laboratory does not hold it. */
export async function remove(admin: Client, path: string): Promise<void> {
  const before: Resource | undefined = await admin.find(path);
  if (before?.metadata.finalizers?.includes('laboratory/hold'))
    await admin.must('PATCH', path, { metadata: { finalizers: null } }, mergePatch);
  await admin.must('DELETE', path);
  await eventually(`${path} is gone`, async () => (await admin.find(path)) === undefined);
}
