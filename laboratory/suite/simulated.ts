/** The simulated cluster as a place of the suite. */
import { startCluster } from '../../simulator/index.ts';
import { connectTo } from '../cluster/client.ts';
import type { Place } from './place.ts';

export async function simulatedPlace(): Promise<Place> {
  const cluster = await startCluster({
    name: 'laboratory',
    speed: 40,
    discovery: true,
    vocabulary: 'code',
    storageLocations: [{ name: 'default', default: true }],
  });
  const admin = connectTo({ url: cluster.url, ca: cluster.caPem, token: cluster.adminToken });
  const fault = async (given: Parameters<typeof cluster.inject>[0]) => {
    const injected = cluster.inject(given);
    return async () => injected.clear();
  };
  return {
    name: 'simulated',
    admin,
    url: cluster.url,
    ca: cluster.caPem,
    token: cluster.token,
    tokenFor: async (seconds) => cluster.issueToken(Date.now() + seconds * 1000),
    openNamespace: async (name) => cluster.addNamespace(name),
    addApplication: async (namespace, name) => cluster.addApplicationInstance(namespace, name),
    dismiss: (namespace) =>
      fault({
        ...{ kind: 'error', code: 403, verbs: ['patch', 'delete', 'create'], namespaces: [namespace] },
        message: 'operations.ops.vworkspace.io is forbidden: User "control-plane" cannot patch resource "operations"',
      }),
    async narrow(namespaces) {
      cluster.restrictTo(namespaces);
      return async () => cluster.restrictTo(undefined);
    },
    hangNext: () => void cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 }),
    silenceWebhook: () => fault({ kind: 'webhookDown' }),
    async crash() {
      await cluster.stop();
      cluster.compact();
    },
    start: () => cluster.start(),
    // Its operator has no memory of its own that a start would lose.
    restartOperator: async () => undefined,
    async close() {
      admin.close();
      await cluster.close();
    },
  };
}
