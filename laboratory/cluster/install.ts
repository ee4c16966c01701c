/**
 * What a cluster has before the control plane is registered: the operator's kinds, namespaces that are open to it,
 * applications in them, and an account with the rights of the documentation, from its own files and with no others.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Client, Resource } from './client.ts';
import { pathOf, pathOfManifest } from './paths.ts';

const root = new URL('../../', import.meta.url);
const account = { namespace: 'vworkspace-system', name: 'vworkspace-control-plane' };
const waitSeconds = 60;

/** Of a file in the repository, by its path from the root. */
export function manifestsIn(path: string): readonly Resource[] {
  const text = readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}

export async function applyAll(admin: Client, manifests: readonly Resource[], namespace?: string): Promise<void> {
  for (const manifest of manifests) {
    const placed = namespace === undefined ? manifest : inNamespace(manifest, namespace);
    await admin.apply(pathOfManifest(placed), placed);
  }
}

const inNamespace = (manifest: Resource, namespace: string): Resource => ({
  ...manifest,
  metadata: { ...manifest.metadata, namespace },
});

/** Waits until the API server serves them. */
export async function installKinds(admin: Client, manifests: readonly Resource[]): Promise<void> {
  await applyAll(admin, manifests);
  for (const { spec } of manifests) {
    const path = `/apis/${spec.group}/${spec.versions[0].name}/${spec.names.plural}`;
    await eventually(`the kind ${spec.names.kind}`, async () => (await admin.call('GET', path)).code === 200);
  }
}

/** The token that the account's secret has. */
export async function installRights(admin: Client): Promise<string> {
  await applyAll(admin, manifestsIn('docs/rbac.yaml'));
  await applyAll(admin, manifestsIn('docs/rbac-discovery.yaml'));
  return eventually('the token of the account', async () => {
    const secret = await admin.find(pathOf('secrets', account.namespace, account.name));
    const token: string | undefined = secret?.data?.token;
    return token === undefined ? undefined : Buffer.from(token, 'base64').toString();
  });
}

/** The namespace is open to the operator, and the account may work in it. */
export async function openNamespace(admin: Client, name: string): Promise<void> {
  const labels = { 'managed-by': 'vworkspace', 'app.vworkspace.io/managed-by': 'vworkspace' };
  await admin.apply(pathOf('namespaces', undefined, name), {
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name, labels },
  });
  await admitAccount(admin, name);
}

export const admitAccount = (admin: Client, namespace: string): Promise<void> =>
  applyAll(admin, manifestsIn('docs/rbac-namespace.yaml'), namespace);

export async function dismissAccount(admin: Client, namespace: string): Promise<void> {
  await admin.must('DELETE', pathOf('rolebindings', namespace, account.name));
}

/** Ready, and willing to be backed up and restored by Velero. */
export async function addApplication(admin: Client, namespace: string, name: string): Promise<void> {
  const path = pathOf('applicationinstances', namespace, name);
  const identity = { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance' };
  const annotations = { 'ops.vworkspace.io/backup': 'velero', 'ops.vworkspace.io/restore': 'velero' };
  await admin.apply(path, {
    ...identity,
    metadata: { name, namespace, annotations },
    spec: { appRef: { catalogId: name }, release: { name, namespace } },
  });
  const lastTransitionTime = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime };
  await admin.apply(`${path}/status`, {
    ...identity,
    metadata: { name, namespace },
    status: { conditions: [ready] },
  });
}

/** The first answer that is neither undefined nor false. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = waitSeconds,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await sleep(100);
  }
}
