import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubernetesObject } from '@kubernetes/client-node';
import { ApiException, KubeConfig, KubernetesObjectApi, PatchStrategy, Watch } from '@kubernetes/client-node';
import { startCluster } from './index.ts';
import type { JsonObject } from './json.ts';
import { parseJson, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { operation, until } from './testing.ts';

let cluster: SimulatedCluster;
const config = new KubeConfig();
const namespaced = (
  name: string,
  spec: JsonObject = {},
  metadata: { readonly uid?: string } = {},
): KubernetesObject & JsonObject => ({
  ...operation(name, spec),
  apiVersion: 'ops.vworkspace.io/v1alpha1',
  kind: 'Operation',
  metadata: { name, namespace: 'org-myteam', ...metadata },
});

before(async () => {
  cluster = await startCluster({ speed: 400 });
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  config.loadFromString(cluster.kubeconfig);
});
after(() => cluster.close());

test('the official client applies with the service account and watches to the end', async () => {
  const api = KubernetesObjectApi.makeApiClient(config);
  const phases: string[] = [];
  const controller = await new Watch(config).watch(
    '/apis/ops.vworkspace.io/v1alpha1/operations',
    { allowWatchBookmarks: true },
    (_type, object: unknown) => phases.push(text(parseJson(JSON.stringify(object)), 'status', 'phase')),
    () => undefined,
  );
  const made = await api.patch(
    namespaced('by-client'),
    undefined,
    undefined,
    'control-plane',
    false,
    PatchStrategy.ServerSideApply,
  );
  assert.ok(made.metadata?.uid);
  await until('Succeeded in the watch', () => phases.includes('Succeeded'));
  assert.ok(phases.includes('Running'));
  controller.abort();
});

test('the official client sees refusals as the server words them', async () => {
  const api = KubernetesObjectApi.makeApiClient(config);
  const refusal = async (object: ReturnType<typeof namespaced>): Promise<ApiException<unknown>> => {
    const error: unknown = await api
      .patch(object, undefined, undefined, 'control-plane', false, PatchStrategy.ServerSideApply)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof ApiException);
    return error;
  };
  const denied = await refusal(namespaced('denied', { parameters: { nonsense: 'x' } }));
  assert.equal(denied.code, 403);
  assert.match(String(denied.body), /admission webhook/);
  const absent = await refusal(namespaced('absent', {}, { uid: '11111111-1111-1111-1111-111111111111' }));
  assert.equal(absent.code, 409);
});
