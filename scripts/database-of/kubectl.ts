/** Another client of a simulated cluster, with an administrator's rights: it makes Operations that the service did not. */
import { request } from 'node:https';
import type { SimulatedCluster } from '../../simulator/index.ts';

export async function createOperation(
  cluster: SimulatedCluster,
  namespace: string,
  name: string,
  target: string,
  spec: object = {},
): Promise<void> {
  const targetRef = { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: target };
  await post(cluster, `${namespace}/operations?fieldManager=kubectl-create`, {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: { name, namespace },
    spec: { targetRef, type: 'Backup', engine: 'velero', ...spec },
  });
}

function post(cluster: SimulatedCluster, path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${cluster.adminToken}`, 'content-type': 'application/json' };
  const url = `${cluster.url}/apis/ops.vworkspace.io/v1alpha1/namespaces/${path}`;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca: cluster.caPem, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => (answer.statusCode === 201 ? resolve() : reject(new Error(text))));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
