// A kubeconfig with everything inline: server, certificate authority, token.

import { stringify } from 'yaml';

export interface Access {
  readonly cluster: string;
  readonly user: string;
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
}

export function kubeconfigOf({ cluster, user, url, caPem, token }: Access): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: cluster, cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: cluster, context: { cluster, user } }],
    'current-context': cluster,
  });
}
