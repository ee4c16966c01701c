/** Clusters: registering one, changing it or the access to it, and removing its record. Nothing here calls a cluster. */

import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import type { ClustersTable, CredentialsTable, ForgettingTable, KubeconfigReader } from './ports.ts';
import type { Cluster, ClusterAccess, ClusterChange, NewCluster } from './rules/cluster.ts';

export async function registerCluster(
  { tx, caller, now, vault }: Call<ClustersTable & CredentialsTable>,
  input: NewCluster,
  read: KubeconfigReader,
): Promise<Cluster> {
  const access = accessOf(input, read);
  if (access === undefined) throw ruleViolated('/kubeconfig', 'Give either kubeconfig, or server with ca and token.');
  const { name, displayName, inFlightLimit } = input;
  const cluster: Cluster = {
    id: vault.newId(),
    organizationId: caller.organizationId,
    name,
    ...(displayName !== undefined && { displayName }),
    ...(inFlightLimit !== undefined && { inFlightLimit }),
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
  { tx, caller, now }: Call<ClustersTable & CredentialsTable>,
  id: string,
  change: ClusterChange,
  read: KubeconfigReader,
  revision?: ExpectedRevisions,
): Promise<Cluster> {
  const {
    inFlightLimit: knownLimit,
    discovery,
    throttledUntil,
    ...known
  } = await ownLocked(tx.clusters, caller, 'cluster', id);
  const access = accessOf(change, read);
  // Results of checks at another address are those of another cluster.
  const moved = access !== undefined && access.server !== known.server;
  const { displayName } = change;
  const inFlightLimit = change.inFlightLimit === undefined ? knownLimit : (change.inFlightLimit ?? undefined);
  const changed = await tx.clusters.update({
    ...atRevision(known, revision),
    ...(!moved && discovery !== undefined && { discovery }),
    // With new access a pause that the cluster asked for ends.
    ...(access === undefined && throttledUntil !== undefined && { throttledUntil }),
    ...(inFlightLimit !== undefined && { inFlightLimit }),
    ...(displayName !== undefined && { displayName }),
    ...(access !== undefined && { server: access.server }),
    updatedAt: now,
  });
  if (access !== undefined) await tx.credentials.put(changed, access);
  return changed;
}

/**
 * Removes the record and the credentials. Throws the Refusal `in-use` while application instances refer to the cluster.
 */
export async function removeCluster(
  { tx, caller }: Call<ClustersTable & ForgettingTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  await ownAsRead(tx.clusters, caller, 'cluster', id, revision);
  await tx.foreignOperations.forget(id);
  await tx.clusters.remove(caller.organizationId, id);
}

function accessOf(
  input: Pick<ClusterChange, 'kubeconfig' | 'server' | 'ca' | 'token'>,
  read: KubeconfigReader,
): ClusterAccess | undefined {
  const { kubeconfig, server, ca, token } = input;
  const parts = [server, ca, token].filter((part) => part !== undefined);
  if (kubeconfig !== undefined) {
    if (parts.length > 0)
      throw ruleViolated('/kubeconfig', 'Give either kubeconfig, or server with ca and token; not both.');
    return read(kubeconfig);
  }
  if (parts.length === 0) return undefined;
  if (server === undefined)
    throw ruleViolated('/server', 'is needed beside ca and token: access is replaced as a whole.');
  if (ca === undefined) throw ruleViolated('/ca', 'is needed beside server and token: access is replaced as a whole.');
  if (token === undefined)
    throw ruleViolated('/token', 'is needed beside server and ca: access is replaced as a whole.');
  return { server, ca, token };
}
