/** A cluster with one Nextcloud, registered with the service: where most stories begin. */
import assert from 'node:assert/strict';
import type { SimulatedCluster } from '../../simulator/index.ts';
import type { Client } from './client.ts';

export interface Scene {
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly applicationInstanceId: string;
}

export async function setScene(api: Client, cluster: SimulatedCluster, name = 'cluster-prod-1'): Promise<Scene> {
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud-myteam');
  const registered = await created(api, '/v1/clusters', { name, kubeconfig: cluster.kubeconfig });
  const known = await api.get('/v1/application-classes');
  const applicationClassId: string =
    known.body.items[0]?.id ??
    (await created(api, '/v1/application-classes', {
      name: 'nextcloud',
      defaultParameters: { storageLocation: 'default', snapshotVolumes: true },
    }));
  const applicationInstanceId = await created(api, '/v1/application-instances', {
    clusterId: registered,
    applicationClassId,
    namespace: 'org-myteam',
    name: 'nextcloud-myteam',
  });
  return { clusterId: registered, applicationClassId, applicationInstanceId };
}

async function created(api: Client, path: string, body: unknown): Promise<string> {
  const answer = await api.post(path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.id;
}
