/** Resources to act on: a cluster with one application, registered by token, and what belongs to it. */
import type { TestApi } from './harness.ts';

export const access = {
  server: 'https://10.0.0.10:6443',
  ca: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  token: 'canary-token-0123456789',
};

export interface Scene {
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly applicationInstanceId: string;
}

export async function setScene(
  api: TestApi,
  namespace = 'org-myteam',
  key = api.adminKey,
  suffix = '',
): Promise<Scene> {
  const cluster = await api.make('/v1/clusters', { name: `cluster-prod-1${suffix}`, ...access }, key);
  const kind = await api.make('/v1/application-classes', { name: `nextcloud${suffix}` });
  const application = { clusterId: cluster.id, applicationClassId: kind.id, namespace, name: 'nextcloud-myteam' };
  const instance = await api.make('/v1/application-instances', application, key);
  return { clusterId: cluster.id, applicationClassId: kind.id, applicationInstanceId: instance.id };
}

export function backup(scene: Scene, more: object = {}): object {
  return { applicationInstanceId: scene.applicationInstanceId, type: 'Backup', ...more };
}
