/** A real control plane with our own operator and engine as a place of the suite. */
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlPlane, type Programs, startControlPlane } from '../cluster/control-plane.ts';
import {
  addApplication,
  admitAccount,
  applyAll,
  dismissAccount,
  installKinds,
  installRights,
  manifestsIn,
  openNamespace,
} from '../cluster/install.ts';
import { pathOf } from '../cluster/paths.ts';
import { playEngine } from '../operator/engine.ts';
import { startOperator } from '../operator/operator.ts';
import { veleroNamespace } from '../operator/rules.ts';
import { startWebhook } from '../operator/webhook.ts';
import type { Place } from './place.ts';

const watchBinding = pathOf('clusterrolebindings', undefined, 'vworkspace-control-plane-watch');

export interface RealPlace extends Place {
  readonly controlPlane: ControlPlane;
}

export async function realPlace(programs: Programs, folder: string): Promise<RealPlace> {
  const controlPlane = await startControlPlane(programs, folder);
  const { admin, url, ca } = controlPlane;
  try {
    await installKinds(admin, [
      ...manifestsIn('laboratory/crds/vworkspace.yaml'),
      ...manifestsIn('laboratory/crds/engine.yaml'),
    ]);
    await applyAll(admin, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: veleroNamespace } }]);
    await applyAll(admin, [locationOf('default')]);
    const token = await installRights(admin);
    let webhook = await startWebhook(admin);
    const engine = playEngine(admin);
    let operator = startOperator(admin);
    return {
      ...{ name: 'real', controlPlane, admin, url, ca, token },
      tokenFor: (seconds) => signedToken(controlPlane, seconds),
      openNamespace: (name) => openNamespace(admin, name),
      addApplication: (namespace, name) => addApplication(admin, namespace, name),
      async dismiss(namespace) {
        await dismissAccount(admin, namespace);
        return () => admitAccount(admin, namespace);
      },
      async narrow() {
        const binding = await admin.must('GET', watchBinding);
        await admin.must('DELETE', watchBinding);
        const { name } = binding.metadata;
        return () => applyAll(admin, [{ ...binding, metadata: { name } }]);
      },
      hangNext: () => engine.hangNext(),
      async silenceWebhook() {
        await webhook.close();
        return async () => {
          webhook = await startWebhook(admin);
        };
      },
      async crash() {
        await controlPlane.stopApiServer('SIGKILL');
        await controlPlane.compact();
      },
      start: () => controlPlane.startApiServer(),
      async restartOperator() {
        await operator.stop();
        operator = startOperator(admin);
      },
      async close() {
        await Promise.all([operator.stop(), engine.stop(), webhook.close()]);
        await controlPlane.close();
      },
    };
  } catch (error) {
    await controlPlane.close();
    throw error;
  }
}

const locationOf = (name: string) => ({
  apiVersion: 'velero.io/v1',
  kind: 'BackupStorageLocation',
  metadata: { name, namespace: veleroNamespace },
  spec: { default: true, provider: 'aws', objectStorage: { bucket: 'laboratory' } },
  status: { phase: 'Available' },
});

/** Requested ones live for ten minutes at least; this one is signed with the cluster's own key, and ends when we want. */
async function signedToken({ admin, folder, url }: ControlPlane, seconds: number): Promise<string> {
  const [namespace, name] = ['vworkspace-system', 'vworkspace-control-plane'];
  const { metadata } = await admin.must('GET', pathOf('serviceaccounts', namespace, name));
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: url, aud: [url], sub: `system:serviceaccount:${namespace}:${name}`, iat: now, nbf: now },
    exp: now + seconds,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: metadata.uid } },
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  const key = readFileSync(join(folder, 'accounts.key'));
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}
