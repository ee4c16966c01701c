/** The whole service beside a place, with the place registered in it, and what the cases ask of both. */
import assert from 'node:assert/strict';
import { startTestService, type TestService } from '../../test/support/service.ts';
import { until } from '../../test/support/until.ts';
import type { Resource } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import type { Place } from './place.ts';

export interface Session {
  readonly place: Place;
  readonly service: TestService;
  readonly clusterId: string;
  /** An application of its own in a namespace of its own, registered. */
  application(namespace: string, name?: string): Promise<string>;
  ask(applicationInstanceId: string, more?: object): Promise<Resource>;
  find(operationId: string): Promise<Resource>;
  /** Waits for one of these phases. */
  reaches(operationId: string, ...phases: readonly string[]): Promise<Resource>;
  /** The reasons of its events, the oldest first. */
  told(operationId: string): Promise<readonly string[]>;
  /** The cluster, once this condition has this status. */
  conditioned(type: string, status: 'True' | 'False'): Promise<Resource>;
  /** What the cluster holds of an Operation. */
  resource(operation: Resource): Promise<Resource | undefined>;
  close(): Promise<void>;
}

export const patienceSeconds = 45;

export async function openSession(place: Place): Promise<Session> {
  const service = await startTestService({ backend: 'postgres' });
  const { api } = service;
  const made = async (path: string, body: object) => {
    const answer = await api.post(path, body);
    assert.equal(answer.status, 201, `POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const { id: clusterId } = await made('/v1/clusters', {
    name: 'laboratory',
    ...{ server: place.url, ca: place.ca, token: place.token },
  });
  const { id: applicationClassId } = await made('/v1/application-classes', { name: 'nextcloud' });
  const find = async (id: string) => (await api.get(`/v1/operations/${id}`)).body;
  return {
    ...{ place, service, clusterId, find },
    async application(namespace, name = 'nextcloud') {
      await place.openNamespace(namespace);
      await place.addApplication(namespace, name);
      return (await made('/v1/application-instances', { clusterId, applicationClassId, namespace, name })).id;
    },
    ask: async (applicationInstanceId, more = {}) =>
      (await made('/v1/operations', { applicationInstanceId, type: 'Backup', ...more })).operation,
    reaches: (id, ...phases) =>
      until(`${id} ${phases.join(' or ')}`, patienceSeconds, async () => {
        const operation = await find(id);
        return phases.includes(operation.phase) ? operation : undefined;
      }),
    async told(id) {
      const { items } = (await api.get(`/v1/operations/${id}/events?limit=200&orderBy=at`)).body;
      return items.map(({ reason }: { readonly reason: string }) => reason);
    },
    conditioned: (type, status) =>
      until(`${type} ${status}`, patienceSeconds, async () => {
        const { body } = await api.get(`/v1/clusters/${clusterId}`);
        const has = body.conditions.some((each: Resource) => each.type === type && each.status === status);
        return has ? body : undefined;
      }),
    resource: ({ namespace, name }) => place.admin.find(pathOf('operations', namespace, name)),
    close: () => service.close(),
  };
}
