/**
 * All that can befall a simulated cluster, faults and acts alike, begun so that it is at work when `strike` resolves,
 * and undone by one `recover` for all.
 */
import type { Fault, SimulatedCluster } from '../../simulator/index.ts';
import { freeObject } from './kubernetes/free-object.ts';
import { until } from './until.ts';

export const place = { namespace: 'org-myteam', application: 'nextcloud' } as const;

export type Ailment = Fault | Act;

export type Act =
  /** The API server restarts on an older state. */
  | 'rewind'
  /** Forgets the history, and ends the watches. */
  | 'compact'
  | 'deleteNamespace'
  | 'expireToken'
  /** Takes the right to list the whole cluster away, and ends the watches. */
  | 'restrict';

/** So many strikes that a fault does not end by them, but says how often it struck. */
const manyTimes = 1_000_000;
const rewoundCount = 6;

export async function strike(cluster: SimulatedCluster, ailments: readonly Ailment[]): Promise<void> {
  for (const ailment of ailments) {
    if (typeof ailment === 'string') await acts[ailment](cluster);
    else cluster.inject({ count: manyTimes, ...ailment });
  }
}

export const struckCount = (cluster: SimulatedCluster | undefined): number =>
  (cluster?.faults() ?? []).reduce((sum, { count = manyTimes }) => sum + manyTimes - count, 0);

const acts: Readonly<Record<Act, (cluster: SimulatedCluster) => void | Promise<void>>> = {
  rewind: (cluster) => cluster.rewind(rewoundCount),
  compact(cluster) {
    cluster.compact();
    endWatches(cluster);
  },
  deleteNamespace: (cluster) => cluster.deleteNamespace(place.namespace),
  expireToken: (cluster) => cluster.expireToken(cluster.token, 0),
  restrict(cluster) {
    cluster.restrictTo([place.namespace]);
    endWatches(cluster);
  },
};

function endWatches(cluster: SimulatedCluster): void {
  cluster.inject({ kind: 'dropWatches' }).clear();
}

export async function recover(cluster: SimulatedCluster): Promise<void> {
  cluster.clearFaults();
  cluster.restrictTo(undefined);
  cluster.expireToken(cluster.token, Number.POSITIVE_INFINITY);
  cluster.restoreCrd('operations');
  await restoreNamespace(cluster);
  await cluster.stop();
  await cluster.start();
}

async function restoreNamespace(cluster: SimulatedCluster): Promise<void> {
  const { namespace, application } = place;
  const found = () => freeObject(cluster, 'namespaces', undefined, namespace);
  const metadata = found()?.metadata;
  if (metadata !== undefined && metadata.deletionTimestamp === undefined) return;
  await until('the namespace to be gone', 10, () => found() === undefined);
  cluster.addNamespace(namespace);
  cluster.addApplicationInstance(namespace, application);
}
