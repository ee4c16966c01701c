/** Applications in one cluster, and the calls that put them under a protection plan and take them off again. */
import { startApi } from './harness.ts';
import { setScene } from './scene.ts';

export const daily = { name: 'daily', schedule: '0 2 * * *', ttl: '720h' };
export const weekly = { name: 'weekly', schedule: '0 3 * * 0', ttl: '2016h' };

export interface Row {
  readonly [key: string]: string;
}

export async function setPlanScene() {
  const api = await startApi();
  const scene = await setScene(api);
  let count = 0;
  return {
    api,
    scene,
    /** A new application instance. */
    async instance(): Promise<string> {
      count += 1;
      const { clusterId, applicationClassId } = scene;
      const input = { clusterId, applicationClassId, namespace: `org-${count}`, name: 'app' };
      return (await api.make('/v1/application-instances', input)).id;
    },
    plan: (name: string, entries: readonly object[] = [daily, weekly], more: object = {}) =>
      api.make('/v1/protection-plans', { name, entries, ...more }),
    apply: (id: string, body: object, key = api.adminKey) =>
      api.call('POST', `/v1/application-instances/${id}/apply-protection-plan`, { body, key }),
    detach: (id: string) => api.call('POST', `/v1/application-instances/${id}/detach-protection-plan`),
    schedulesOf: async (id: string): Promise<readonly Row[]> =>
      (await api.call('GET', `/v1/schedules?applicationInstanceId=${id}&limit=200`)).body.items,
  };
}
