/**
 * Clusters: registering one, changing it or the access to it, and removing its record. Nothing here calls a cluster.
 * Access is read first (`readAccess`), outside of the transaction that stores it.
 */

import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import type { QuotasTable } from '../access/ports.ts';
import { actor, type Caller } from '../access/rules/access.ts';
import { refuseBeyondQuota } from '../access/rules/quotas.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRetired, refuseWhileReferred } from '../kernel/rules/referrers.ts';
import type {
  AccessReader,
  ClusterDirectory,
  ClustersTable,
  CredentialsTable,
  ForgettingTable,
  GivenAccess,
} from './ports.ts';
import type { Cluster, ClusterAccess, ClusterChange, NewCluster } from './rules/cluster.ts';
import { clusterEvent } from './rules/reasons.ts';

export async function registerCluster(
  { tx, caller, now, vault }: Call<ClustersTable & CredentialsTable & QuotasTable>,
  input: NewCluster,
  given: ReadAccess,
): Promise<Cluster> {
  const access = given();
  if (access === undefined) throw ruleViolated('/kubeconfig', 'Give either kubeconfig, or server with ca and token.');
  refuseBeyondQuota('clusters', await tx.quotas.usage('clusters', caller.organizationId));
  const { name, displayName, inFlightLimit, veleroNamespace, tidy = true, restoreApproval = 'Auto' } = input;
  const cluster: Cluster = {
    id: vault.newId(),
    organizationId: caller.organizationId,
    name,
    ...(displayName !== undefined && { displayName }),
    ...(inFlightLimit !== undefined && { inFlightLimit }),
    ...(veleroNamespace !== undefined && { veleroNamespace }),
    restoreApproval,
    tidy,
    server: access.server,
    suspend: false,
    conditions: [],
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.clusters.insert(cluster);
  await tx.credentials.put(cluster, access);
  return cluster;
}

export async function changeCluster(
  { tx, caller, now }: Call<ClustersTable & CredentialsTable & EventsTable>,
  id: string,
  change: ClusterChange,
  given: ReadAccess,
  revision?: ExpectedRevisions,
): Promise<Cluster> {
  const {
    inFlightLimit: knownLimit,
    veleroNamespace: knownNamespace,
    discovery,
    throttledUntil,
    ...known
  } = await ownLocked(tx.clusters, caller, 'cluster', id);
  refuseRetired(`The cluster ${known.name}`, known.retiredAt);
  const access = given();
  // Results of checks at another address are those of another cluster.
  const moved = access !== undefined && access.server !== known.server;
  const { displayName, name = known.name, tidy = known.tidy, restoreApproval = known.restoreApproval } = change;
  const inFlightLimit = change.inFlightLimit === undefined ? knownLimit : (change.inFlightLimit ?? undefined);
  const veleroNamespace = change.veleroNamespace === undefined ? knownNamespace : (change.veleroNamespace ?? undefined);
  const changed = await tx.clusters.update({
    ...atRevision(known, revision),
    ...(!moved && discovery !== undefined && { discovery }),
    // With new access a pause that the cluster asked for ends.
    ...(access === undefined && throttledUntil !== undefined && { throttledUntil }),
    ...(inFlightLimit !== undefined && { inFlightLimit }),
    ...(veleroNamespace !== undefined && { veleroNamespace }),
    name,
    restoreApproval,
    tidy,
    ...(displayName !== undefined && { displayName }),
    ...(access !== undefined && { server: access.server }),
    updatedAt: now,
  });
  if (access !== undefined) await tx.credentials.put(changed, access);
  if (name !== known.name) {
    const message = `Renamed by ${actor(caller)} from ${known.name} to ${name}.`;
    const about = { organizationId: caller.organizationId, clusterId: id, at: now };
    await tx.events.append([clusterEvent({ reason: 'ClusterRenamed', message }, about)]);
  }
  return changed;
}

/**
 * Removes the record and the credentials. Throws the Refusal `in-use`, with counts, while application instances or
 * Operations of ours refer to the cluster.
 */
export async function removeCluster(
  { tx, caller }: Call<ClustersTable & ForgettingTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  const { name } = await ownAsRead(tx.clusters, caller, 'cluster', id, revision);
  const { applicationCount, retiredApplicationCount, operationCount } = await tx.clusters.referrers(id);
  refuseWhileReferred(
    `The cluster ${name}`,
    'removed',
    {
      'application instance': applicationCount,
      'retired application instance': retiredApplicationCount,
      Operation: operationCount,
    },
    'Retire it (retireCluster): that keeps its history and frees its name.',
  );
  await tx.foreignOperations.forget(id);
  await tx.clusters.remove(caller.organizationId, id);
}

export interface AccessPorts {
  readonly readAccess: AccessReader;
  readonly directory: Pick<ClusterDirectory, 'target'>;
}

/** The access that was read; `undefined` when the request gives none. Throws the Refusal that reading it ended with. */
export type ReadAccess = () => ClusterAccess | undefined;

/**
 * Reads the access that the request gives. `id` is the cluster whose access it replaces. A refusal is thrown only where
 * the access is used: a repetition with its Idempotency-Key gets its first answer, whatever the rules are by then.
 */
export async function readAccess(...given: Parameters<typeof accessGivenIn>): Promise<ReadAccess> {
  const [result] = await Promise.allSettled([accessGivenIn(...given)]);
  return () => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  };
}

async function accessGivenIn(
  ports: AccessPorts,
  { organizationId }: Caller,
  input: Pick<ClusterChange, 'kubeconfig' | 'server' | 'ca' | 'token'>,
  id?: string,
): Promise<ClusterAccess | undefined> {
  const given = accessIn(input);
  if (given === undefined) return undefined;
  // Access that does not open any more is replaced all the same.
  const target = id === undefined ? undefined : await ports.directory.target(id).catch(() => undefined);
  const known = target?.cluster.organizationId === organizationId ? target.access : undefined;
  return ports.readAccess(given, { organizationId, known });
}

function accessIn({
  kubeconfig,
  server,
  ca,
  token,
}: Pick<ClusterChange, 'kubeconfig' | 'server' | 'ca' | 'token'>): GivenAccess | undefined {
  const parts = [server, ca, token].filter((part) => part !== undefined);
  if (kubeconfig !== undefined) {
    if (parts.length > 0)
      throw ruleViolated('/kubeconfig', 'Give either kubeconfig, or server with ca and token; not both.');
    return { kubeconfig };
  }
  if (parts.length === 0) return undefined;
  if (server === undefined)
    throw ruleViolated('/server', 'is needed beside ca and token: access is replaced as a whole.');
  if (ca === undefined) throw ruleViolated('/ca', 'is needed beside server and token: access is replaced as a whole.');
  if (token === undefined)
    throw ruleViolated('/token', 'is needed beside server and ca: access is replaced as a whole.');
  return { server, ca, token };
}
