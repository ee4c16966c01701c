/** The API, a simulated cluster with one application, and the connector's activations, called by hand on a clock of one's own. */
import assert from 'node:assert/strict';
import { type ClusterOptions, type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { deletionFactsOf } from '../../src/core/delivery/deletion-facts.ts';
import { type DeliverPorts, deliver } from '../../src/core/delivery/deliver.ts';
import { applyDeadlines } from '../../src/core/operations/deadlines.ts';
import { tellRestoreWaits } from '../../src/core/operations/restore-waits.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import type { Operation } from '../../src/core/operations/rules/operation.ts';
import { tidyOperations } from '../../src/core/tidying/tidy.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { startApi, type TestApi } from '../api/harness.ts';
import { freeObject } from './kubernetes/free-object.ts';
import { keptLog } from './log.ts';
import { loopbackAllowed } from './loopback.ts';

export interface Delivering {
  readonly api: TestApi;
  readonly cluster: SimulatedCluster;
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly applicationInstanceId: string;
  /** Seconds that the service's clock is ahead. */
  ahead(seconds: number): void;
  now(): string;
  ask(more?: object): Promise<Operation>;
  /** This one never ends once Velero has begun it. Before its delivery. */
  hang(operation: Operation): void;
  find(id: string): Promise<Operation>;
  /** The phase that the cluster's resource has; undefined without one. */
  phaseInCluster(operation: Operation): string | undefined;
  cancel(id: string): Promise<{ readonly status: number; readonly body: Operation }>;
  /** One activation of the connector, with other ports where they are given. */
  deliver(ports?: Partial<DeliverPorts>): Promise<void>;
  /** A check of the cluster, as a person asks for it. */
  check(): Promise<void>;
  /** One round of the task that tells of long waits. */
  tellWaits(): Promise<number>;
  /** Tells the service what the cluster says of these, as a list would. */
  look(operations: readonly Operation[]): Promise<void>;
  /** It succeeds in the cluster, and the service hears of it. */
  end(operation: Operation): Promise<void>;
  expire(): Promise<number>;
  /** One round of what lets Operations leave the cluster that have ended. */
  tidy(): Promise<number>;
  /** The reasons of its events, the oldest first. */
  told(id: string): Promise<readonly string[]>;
  set(id: string, change: string): Promise<void>;
  close(): Promise<void>;
}

export const namespace = 'org-myteam';

export async function startDelivering(options: ClusterOptions = {}): Promise<Delivering> {
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 500, ...options });
  cluster.addNamespace(namespace);
  cluster.addApplicationInstance(namespace, 'nextcloud-myteam');
  const { log } = keptLog();
  const clusters = clusterApi({ log, ...loopbackAllowed, timings: { callSeconds: 2 } });
  let aheadMs = 0;
  const now = () => new Date(Date.now() + aheadMs).toISOString();
  const clock = { now: async () => now() };
  const api = await startApi({ clock, clusterApi: clusters });
  const { id: clusterId } = await api.make('/v1/clusters', {
    name: 'cluster-prod-1',
    kubeconfig: cluster.kubeconfig,
    // No check of a connector finds out.
    restoreApproval: 'NotRequired',
  });
  const { id: applicationClassId } = await api.make('/v1/application-classes', { name: 'nextcloud' });
  const application = { clusterId, applicationClassId, namespace, name: 'nextcloud-myteam' };
  const { id: applicationInstanceId } = await api.make('/v1/application-instances', application);
  const find = async (id: string): Promise<Operation> => (await api.call('GET', `/v1/operations/${id}`)).body;
  const { observations, directory } = api.opened;
  const tidySettings = { enabled: true, restoresAfterSeconds: 300 };
  const deletionFacts = deletionFactsOf({ ...api.opened, tidySettings, clock });

  const look = async (operations: readonly Operation[]) => {
    const target = await directory.target(clusterId);
    assert.ok(target !== undefined);
    const answers = await Promise.all(operations.map((operation) => clusters.read(target, operation)));
    const seen = answers.flatMap((answer) => (answer.kind === 'Found' ? [answer.observation] : []));
    await observations.ingest(clusterId, seen, (known, observation) => observe(known, observation, now()));
  };

  return {
    ...{ api, cluster, clusterId, applicationClassId, applicationInstanceId, now, find },
    ahead(seconds) {
      aheadMs += seconds * 1000;
    },
    async ask(more = {}) {
      return (await api.make('/v1/operations', { applicationInstanceId, type: 'Backup', ...more })).operation;
    },
    // Velero's Backup has the name of its Operation.
    hang: ({ name }) => void cluster.inject({ kind: 'backup', outcome: 'hang', names: [name], count: 1 }),
    phaseInCluster: ({ name }) => freeObject(cluster, 'operations', namespace, name)?.status?.phase,
    cancel: (id) => api.call('POST', `/v1/operations/${id}/cancel`),
    async deliver(ports = {}) {
      const own = { clock, clusterApi: clusters, log, chance: () => 0.5, deletionFacts };
      await deliver({ ...api.opened, ...own, ...ports }, clusterId);
    },
    async check() {
      assert.equal((await api.call('POST', `/v1/clusters/${clusterId}/check`)).status, 200);
    },
    tellWaits: () => tellRestoreWaits({ ...api.opened, clock, log }),
    async end(operation) {
      const resource = freeObject(cluster, 'operations', namespace, operation.name);
      cluster.put('operations', { ...resource, status: { phase: 'Succeeded' } });
      await look([operation]);
    },
    look,
    tidy: () => tidyOperations({ ...api.opened, tidySettings, clock, log }),
    expire: () => applyDeadlines({ ...api.opened, clock, log }),
    async told(id) {
      const { items } = (await api.call('GET', `/v1/operations/${id}/events?limit=200`)).body;
      return items.map(({ reason }: { reason: string }) => reason);
    },
    async set(id, change) {
      await api.opened.pool.query(`update operation set ${change} where id = $1`, [id]);
    },
    async close() {
      await clusters.close();
      await cluster.close();
      await api.close();
    },
  };
}
