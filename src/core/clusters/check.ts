/**
 * Looking at clusters: what each can do is asked when it is registered, when its credentials change, every ten minutes,
 * and on demand. One round takes what is due of the clusters that this connector holds, a few at a time; which is due is
 * a column, so nothing is forgotten and no cluster is asked twice.
 */

import type { Caller } from '../access/rules/access.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import { notFound } from '../kernel/rules/problem.ts';
import { shifted } from '../time/rules/slots.ts';
import type { ClusterChecks, ClusterDirectory, ClusterDiscovery, ClusterTarget } from './ports.ts';
import type { ClusterStatus } from './rules/cluster.ts';
import { callConditions, credentialsExpiring, operatorReady, operatorUnknown } from './rules/reported-conditions.ts';
import { holdSeconds, throttledFor } from './rules/throttling.ts';
import { clusterStatus, type StatusPorts } from './status.ts';

export interface CheckPorts {
  readonly directory: ClusterDirectory;
  readonly clusterChecks: ClusterChecks;
  readonly clusterApi: ClusterDiscovery;
  readonly clock: Clock;
  /** In [0, 1): spreads the looks. */
  readonly chance: () => number;
  /** Once it is aborted a failure is not recorded: it may be that we have hung up ourselves. */
  readonly stopping?: AbortSignal;
}

export interface CheckDuePorts extends CheckPorts {
  readonly log: Log;
  /** The clusters that this connector holds. */
  readonly held: () => Promise<readonly string[]>;
  /** No further look is begun; one that runs ends within its time. */
  readonly stopping: AbortSignal;
}

const everySeconds = 600;
const jitterSeconds = 120;
/** Longer than a look can take. */
const retrySeconds = 60;
const parallelChecks = 8;
/** A round of mute clusters takes no longer than half a minute. */
const batchSize = 16;

/** One round. Says how many clusters were looked at. */
export async function checkDueClusters(ports: CheckDuePorts): Promise<number> {
  const { clusterChecks, directory, clock, log, stopping } = ports;
  await clusterChecks.recordDueEvents(await clock.now());
  const due = await clusterChecks.claim(await ports.held(), await clock.now(), batchSize, retrySeconds);
  const waiting = due.values();
  const worker = async () => {
    for (const id of waiting) {
      if (stopping.aborted) return;
      try {
        const target = await directory.target(id);
        if (target === undefined) continue;
        const changed = await check(ports, target);
        if (changed.length > 0) log.info({ clusterId: id, changed }, 'cluster conditions changed');
      } catch (error) {
        log.error({ err: error, clusterId: id }, 'a cluster could not be looked at');
      }
    }
  };
  await Promise.all(Array.from({ length: parallelChecks }, worker));
  return due.length;
}

/** Asks the cluster, outside of any transaction, and records what it said. Says which conditions changed status. */
export async function check(ports: CheckPorts, target: ClusterTarget): Promise<readonly string[]> {
  const { clusterApi, clusterChecks, clock, chance } = ports;
  const { id } = target.cluster;
  const applications = await clusterChecks.applications(id);
  const { discovery, failure } = await clusterApi.discover(target, await clock.now(), applications);
  if (failure !== undefined && ports.stopping?.aborted === true) return [];
  const now = await clock.now();
  const expiring = credentialsExpiring(discovery.credentialsExpireAt, now);
  const held = failure === undefined ? undefined : holdSeconds(failure, 0);
  const again =
    held === undefined ? everySeconds + jitterSeconds * (chance() - 0.5) : Math.max(held, retrySeconds) + chance();
  return clusterChecks.record(id, {
    discovery,
    conditions: [
      ...callConditions(failure),
      failure === undefined ? operatorReady(discovery) : operatorUnknown(failure),
      ...(expiring === undefined ? [] : [expiring]),
    ],
    withdrawn: expiring === undefined ? ['CredentialsExpiring'] : [],
    contact: failure?.kind !== 'Unreachable',
    ...(held !== undefined && { room: throttledFor(held, now) }),
    checkDueAt: shifted(now, again),
    now,
  });
}

export type CheckNowPorts = CheckPorts & StatusPorts;

/** Asks the cluster now, outside of any transaction, and records what it said. */
export async function checkCluster(ports: CheckNowPorts, caller: Caller, id: string): Promise<ClusterStatus> {
  const target = await ports.directory.target(id);
  if (target === undefined || target.cluster.organizationId !== caller.organizationId) throw notFound('cluster', id);
  await check(ports, target);
  return clusterStatus(ports, (await ports.directory.target(id))?.cluster ?? target.cluster);
}
