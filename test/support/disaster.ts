/** Reads what the record says of Operations, and what a cluster has of them, in stories about lost namespaces. */
import assert from 'node:assert/strict';
import type { SimulatedCluster } from '../../simulator/index.ts';
import type { Operation } from '../../src/core/operations/rules/operation.ts';
import type { Client } from './client.ts';
import { type Free, freeObject } from './kubernetes/free-object.ts';
import { until } from './until.ts';

export const home = 'org-myteam';
export const beside = 'org-copy';

/** `meanwhile` is done at each look at what is under way. */
export function disasterOf(
  api: Client,
  cluster: SimulatedCluster,
  applicationInstanceId: string,
  meanwhile: () => Promise<void> = async () => undefined,
) {
  const find = async (id: string): Promise<Operation> => (await api.get(`/v1/operations/${id}`)).body;
  const told = async (id: string): Promise<readonly { readonly reason: string; readonly message: string }[]> =>
    (await api.get(`/v1/operations/${id}/events?orderBy=at&limit=200`)).body.items;
  return {
    find,
    told,
    reasons: async (id: string) => (await told(id)).map(({ reason }) => reason),
    returned: async (id: string) => (await find(id)).conditions.find(({ type }) => type === 'Returned'),
    inCluster: (namespace: string, name: string): Free => freeObject(cluster, 'operations', namespace, name),
    async succeeded(more: object): Promise<Operation> {
      const { body, status } = await api.post('/v1/operations', { applicationInstanceId, ...more });
      assert.equal(status, 201, JSON.stringify(body));
      return until(`${body.operation.name} succeeds`, 30, async () => {
        await meanwhile();
        const operation = await find(body.operation.id);
        return operation.phase === 'Succeeded' ? operation : undefined;
      });
    },
    /** Gone with all that lies in it. */
    async loseNamespace() {
      cluster.deleteNamespace(home);
      await until('the namespace is gone', 20, async () => {
        await meanwhile();
        return cluster.get('namespaces', undefined, home) === undefined;
      });
    },
    /** The record has these Operations and recovery points and no others, and says of them what it said before. */
    async assertCountedOnce(before: readonly Operation[]) {
      const idsOf = (operations: readonly Operation[]) => operations.map(({ id }) => id).toSorted();
      const { body } = await api.get('/v1/operations?limit=200');
      assert.deepEqual(idsOf(body.items), idsOf(before));
      const points = (await api.get('/v1/recovery-points?limit=200')).body.items;
      assert.deepEqual(
        points.map(({ operationId }: { operationId: string }) => operationId).toSorted(),
        idsOf(before.filter(({ type }) => type === 'Backup')),
      );
      const kept = ({ startedAt, finishedAt, expiresAt, phase, uid }: Operation) => ({
        ...{ startedAt, finishedAt, expiresAt, phase, uid },
      });
      for (const each of before) assert.deepEqual(kept(await find(each.id)), kept(each));
    },
  };
}
