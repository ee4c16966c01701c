/**
 * A cluster and the service live through weeks: the watches are real, the service's activations are called by hand, on a
 * clock that moves with the cluster's. What has ended leaves the cluster.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterOptions, ObjectStorage, type SimulatedCluster, startCluster } from '../../../simulator/index.ts';
import { call } from '../../../simulator/testing.ts';
import { connectorOf, delivery } from '../../../src/connector.ts';
import { deleteReturned } from '../../../src/core/delivery/delete-returned.ts';
import { applyDeadlines } from '../../../src/core/operations/deadlines.ts';
import { tellRestoreWaits } from '../../../src/core/operations/restore-waits.ts';
import { recordProtection } from '../../../src/core/protection/record-protection.ts';
import { fire } from '../../../src/core/scheduling/fire.ts';
import { tidyOperations } from '../../../src/core/tidying/tidy.ts';
import { confirmVanished, tellOperations } from '../../../src/core/velero/velero-work.ts';
import { type ClusterApi, clusterApi } from '../../../src/kubernetes/cluster-api.ts';
import { makeMetrics } from '../../../src/telemetry/telemetry.ts';
import { startApi, type TestApi } from '../../api/harness.ts';
import type { Free } from '../kubernetes/free-object.ts';
import { keptLog } from '../log.ts';
import { loopbackAllowed } from '../loopback.ts';
import { patience } from '../until.ts';

export const namespace = 'org-myteam';
const target = 'nextcloud-myteam';
export const secondMs = 1_000;
export const hourMs = 3_600_000;

export function isInFlight(status: { readonly phase?: string } | undefined): boolean {
  return status?.phase === undefined || status.phase === 'Pending' || status.phase === 'Running';
}

export interface Life {
  readonly api: TestApi;
  readonly cluster: SimulatedCluster;
  readonly objectStorage: ObjectStorage;
  readonly applicationInstanceId: string;
  /** Velero may be read, so that copies are known from its own word. */
  readonly readsVelero: boolean;
  nowMs(): number;
  /** So much time passes; the service sees what has become of it, and then does what it does. */
  round(ms: number): Promise<void>;
  /** The rows of all Operations, those that others made too. */
  rows(): Promise<readonly Free[]>;
  /** The rows of the Operations that were asked for here. */
  ours(): Promise<readonly Free[]>;
  /** The Operations that are in the cluster. */
  there(): readonly Free[];
  /** Velero's Backups in the cluster. */
  backups(): readonly Free[];
  /** As a person with all rights. Answers the status; 404 without a name. */
  kubectl(
    verb: 'DELETE' | 'PATCH',
    resource: 'operations' | 'backups',
    name: string | undefined,
    body?: object,
  ): Promise<number>;
  recoveryPoints(): Promise<readonly Free[]>;
  findings(): Promise<readonly Free[]>;
  close(): Promise<void>;
}

/** What the service does to the cluster. */
export interface Heard {
  /** Directly before a call, which waits for it. */
  calling(
    life: Life,
    verb: 'apply' | 'remove',
    resource: { readonly name: string; readonly namespace: string },
  ): Promise<void>;
  /** Directly after each delivery. */
  sent(life: Life): Promise<void>;
}

export interface LifeOptions extends ClusterOptions {
  /** How long after its end a Restore leaves. */
  readonly restoresAfterSeconds: number;
}

const paths = {
  operations: `/apis/ops.vworkspace.io/v1alpha1/namespaces/${namespace}/operations`,
  backups: '/apis/velero.io/v1/namespaces/velero/backups',
} as const;

export async function startLife({ restoresAfterSeconds, ...options }: LifeOptions, heard: Heard): Promise<Life> {
  const objectStorage = new ObjectStorage();
  const cluster = await startCluster({
    name: 'cluster-prod-1',
    speed: 1,
    vocabulary: 'code',
    objectStorage,
    ...options,
  });
  for (const each of [namespace, 'org-other']) {
    cluster.addNamespace(each);
    cluster.addApplicationInstance(each, target);
  }
  const { log } = keptLog('warn');
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const clock = { now: async () => new Date(nowMs()).toISOString() };
  // A restart of the API server is no test of patience here.
  const soon = [0.3, 0.6] as const;
  const timings = {
    callSeconds: 5,
    backOffSeconds: [0.02, 0.2],
    relistAfterBreakSeconds: soon,
    refusedSeconds: soon,
    optionalSeconds: soon,
    optionalPollSeconds: soon,
  } as const;
  const clusters = clusterApi({ log, clock, ...loopbackAllowed, timings });
  const calls: ClusterApi = {
    ...clusters,
    async apply(place, manifest, sendUntil) {
      await heard.calling(life, 'apply', manifest.metadata);
      return clusters.apply(place, manifest, sendUntil);
    },
    async remove(place, resource) {
      await heard.calling(life, 'remove', resource);
      return clusters.remove(place, resource);
    },
  };
  const api = await startApi({ clock, clusterApi: clusters });
  const tidySettings = { enabled: true, restoresAfterSeconds };
  const ports = { ...api.opened, tidySettings, clock, clusterApi: calls, log, chance: () => 0.5 };
  const metrics = makeMetrics();
  const connector = connectorOf(ports, metrics);
  const deliver = delivery(ports, metrics);
  const { id: clusterId } = await api.make('/v1/clusters', {
    ...{ name: 'cluster-prod-1', kubeconfig: cluster.kubeconfig, restoreApproval: 'NotRequired' },
  });
  const { id: applicationClassId } = await api.make('/v1/application-classes', { name: 'nextcloud' });
  const place = { clusterId, applicationClassId, namespace, name: target };
  const { id: applicationInstanceId } = await api.make('/v1/application-instances', place);
  await api.make('/v1/schedules', { applicationInstanceId, name: 'often', schedule: '0 */6 * * *', ttl: '240h' });

  const query = async (sql: string): Promise<readonly Free[]> => (await api.opened.pool.query(sql)).rows;
  const rows = () => query('select * from operation order by created_at');
  const there = () => cluster.list('operations', namespace) as readonly Free[];
  const velero = () =>
    ['backups', 'restores'].flatMap((kind) => cluster.list(kind, 'velero') as readonly Free[]) as readonly Free[];
  /** What the record does not know yet of the cluster. */
  const unseen = async (): Promise<string | undefined> => {
    const rows = await query('select name, uid, phase, observed_version from operation');
    const objects = new Map(there().map((object) => [object.metadata.name, object]));
    for (const { name, uid, phase, observed_version } of rows) {
      const { metadata } = objects.get(name) ?? {};
      const isOpen = phase === 'Pending' || phase === 'Running';
      if (metadata === undefined && uid !== null && isOpen) return `${name} is gone`;
      if (metadata?.uid === uid && Number(observed_version) < Number(metadata.resourceVersion)) return name;
    }
    if (options.readsVelero !== true) return undefined;
    const known = await query(
      `select uid, kind, name, phase, away_at, seen_at from velero_resource where kind in ('Backup', 'Restore')`,
    );
    const words = new Map(known.map((word) => [word.uid, word]));
    const lives = velero();
    const late = lives.find(({ metadata, status }) => words.get(metadata.uid)?.phase !== (status?.phase || 'New'));
    if (late !== undefined) return `Velero's ${late.metadata.name} ${late.status?.phase}`;
    const uids = new Set(lives.map(({ metadata }) => metadata.uid));
    const gone = known.find(({ uid, away_at }) => away_at === null && !uids.has(uid));
    return (
      gone &&
      `Velero's ${gone.kind} ${gone.name} ${gone.uid} (${gone.phase}, seen ${gone.seen_at.toISOString()}) is gone`
    );
  };
  /** Leases go by the real clock: whoever waits renews them. */
  const settle = async () => {
    const deadline = performance.now() + patience * 20_000;
    for (;;) {
      await connector.shareClusters();
      await connector.watches.reconcile();
      const what = await unseen();
      if (what === undefined) return;
      if (performance.now() > deadline) throw new Error(`the watch has not told in time: ${what}`);
      await sleep(8);
    }
  };
  const stopping = new AbortController().signal;
  const tasks = [tellOperations, confirmVanished, applyDeadlines, tellRestoreWaits, recordProtection, tidyOperations];
  const life: Life = {
    ...{ api, cluster, objectStorage, applicationInstanceId, nowMs, there, rows },
    readsVelero: options.readsVelero === true,
    async round(ms) {
      aheadMs += ms;
      await cluster.advance(ms);
      await settle();
      await fire({ ...ports, doorbell: { ring() {} } });
      for (const task of tasks) await task({ ...ports, stopping } as Free);
      await deliver(clusterId);
      await heard.sent(life);
      await deleteReturned(ports);
    },
    ours: async () => (await rows()).filter(({ origin }) => origin !== 'cluster'),
    backups: () => cluster.list('backups', 'velero') as readonly Free[],
    async kubectl(verb, resource, name, body) {
      if (name === undefined) return 404;
      const sent = body === undefined ? {} : { body, type: 'application/merge-patch+json' };
      return (await call(cluster, verb, `${paths[resource]}/${name}`, sent)).code;
    },
    async recoveryPoints() {
      return (await api.call('GET', '/v1/recovery-points?limit=200&includeGone=true')).body.items;
    },
    findings: async () => (await api.call('GET', '/v1/watchdog')).body.findings,
    async close() {
      await connector.close();
      await clusters.close();
      await cluster.close();
      await api.close();
    },
  };
  await settle();
  return life;
}
