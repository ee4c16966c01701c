/**
 * Checks of clusters. A check asks a cluster for its version, its resources, the rights of the credentials, and the
 * parameters that its operator accepts, part by part (rules/discovery.ts). The service checks a cluster when it is
 * registered, when its credentials change, every ten minutes, and on request.
 *
 * `check_due_at` on the cluster's row says when the next check is due. A connector claims due checks of the clusters
 * that it holds by a guarded write that moves the time on. So registering a cluster or changing its access only sets
 * that time, no due check is forgotten when a process dies, and no cluster is checked twice at once.
 *
 * No check is due while the cluster asked for a pause (rules/throttling.ts). A check of a connector that comes late
 * overwrites no later one (`isOutdated`).
 */

import type { Caller } from '../access/rules/access.ts';
import { eachOf } from '../kernel/each-of.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import { notFound } from '../kernel/rules/problem.ts';
import { shifted } from '../time/rules/slots.ts';
import type { ClusterChecks, ClusterDirectory, ClusterDiscovery, ClusterTarget } from './ports.ts';
import { reportUnreadable } from './report-unreadable.ts';
import { AccessUnreadable } from './rules/access-unreadable.ts';
import type { ClusterStatus } from './rules/cluster.ts';
import { operatorReady, operatorUnknown } from './rules/operator-ready.ts';
import { addressDenied, callConditions, credentialsExpiring } from './rules/reported-conditions.ts';
import { holdSeconds, throttledFor } from './rules/throttling.ts';
import { clusterStatus, type StatusPorts } from './status.ts';

export interface CheckPorts {
  readonly directory: ClusterDirectory;
  readonly clusterChecks: ClusterChecks;
  readonly clusterApi: ClusterDiscovery;
  readonly clock: Clock;
  /** In [0, 1): spreads the checks over time. */
  readonly chance: () => number;
  /** Once it is aborted a failure is not recorded: it may be that we have hung up ourselves. */
  readonly stopping?: AbortSignal;
}

export interface CheckDuePorts extends CheckPorts {
  readonly log: Log;
  /** The clusters that this connector holds. */
  readonly held: () => Promise<readonly string[]>;
  /** Once aborted, no further check begins; one that runs ends within its time. */
  readonly stopping: AbortSignal;
}

const everySeconds = 600;
const jitterSeconds = 120;
/** When a claimed check is due again, unless its results are recorded before. Longer than a check can take. */
const retrySeconds = 60;
const parallelChecks = 8;
/** A round of mute clusters takes no longer than half a minute. */
const batchSize = 16;

/** One round. Returns how many checks it claimed. */
export async function checkDueClusters(ports: CheckDuePorts): Promise<number> {
  const { clusterChecks, directory, clock, log, stopping } = ports;
  await clusterChecks.recordDueEvents(await clock.now());
  const due = await clusterChecks.claim(await ports.held(), await clock.now(), batchSize, retrySeconds);
  await eachOf(due, parallelChecks, async (id) => {
    if (stopping.aborted) return;
    try {
      const target = await directory.target(id);
      if (target === undefined) return;
      const changed = await check(ports, target);
      if (changed.length > 0) log.info({ clusterId: id, changed }, 'cluster conditions changed');
    } catch (error) {
      if (error instanceof AccessUnreadable) await reportUnreadable(ports, error);
      else log.error({ err: error, clusterId: id }, 'a cluster could not be checked');
    }
  });
  return due.length;
}

/**
 * Checks the cluster outside of any transaction, then records the results. Returns the conditions that changed status.
 */
async function check(ports: CheckPorts, target: ClusterTarget): Promise<readonly string[]> {
  const { clusterApi, clusterChecks, clock, chance } = ports;
  const { id } = target.cluster;
  const applications = await clusterChecks.applications(id);
  const { discovery, failure, localAddress } = await clusterApi.discover(target, await clock.now(), applications);
  if (failure !== undefined && ports.stopping?.aborted === true) return [];
  const now = await clock.now();
  const expiring = credentialsExpiring(discovery.credentialsExpireAt, now);
  const denied = addressDenied(localAddress);
  const pauseSeconds = failure === undefined ? undefined : holdSeconds(failure, 0);
  const againSeconds =
    pauseSeconds === undefined
      ? everySeconds + jitterSeconds * (chance() - 0.5)
      : Math.max(pauseSeconds, retrySeconds) + chance();
  return clusterChecks.record(id, {
    discovery,
    conditions: [
      ...callConditions(failure),
      failure === undefined
        ? operatorReady(discovery, await clusterChecks.operatorSigns(id, now), now)
        : operatorUnknown(failure),
      ...[expiring, denied].filter((condition) => condition !== undefined),
    ],
    withdrawn: [
      ...(expiring === undefined ? ['CredentialsExpiring'] : []),
      // While it cannot be reached, where it is stays as it was seen last.
      ...(denied === undefined && failure?.kind !== 'Unreachable' ? ['AddressAllowed'] : []),
    ],
    contact: failure?.kind !== 'Unreachable',
    ...(pauseSeconds !== undefined && { room: throttledFor(pauseSeconds, now) }),
    checkDueAt: shifted(now, againSeconds),
    now,
  });
}

export type CheckNowPorts = CheckPorts & StatusPorts;

/**
 * Checks the cluster now, even if it asked for a pause, and returns it as it is then. One whose access cannot be opened is
 * not called, and says so in its conditions.
 */
export async function checkCluster(ports: CheckNowPorts, caller: Caller, id: string): Promise<ClusterStatus> {
  const { opened, unreadable } = await ports.directory.targets([id]);
  const [known = unreadable[0]] = opened;
  if (known === undefined || known.cluster.organizationId !== caller.organizationId) throw notFound('cluster', id);
  if (known instanceof AccessUnreadable) await reportUnreadable(ports, known);
  else await check(ports, known);
  const after = await ports.directory.targets([id]);
  return clusterStatus(ports, (after.opened[0] ?? after.unreadable[0] ?? known).cluster);
}
