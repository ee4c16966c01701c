/** Clusters: registering one, changing how it is reached, and asking it what it can do. */
import type { Caller } from '../domain/access.ts';
import type { Cluster, ClusterAccess, ClusterChange, NewCluster } from '../domain/cluster.ts';
import { notFound, ruleViolated } from '../domain/problem.ts';
import { atRevision, type Call, own, ownLocked } from './call.ts';
import { conditionsOf } from './cluster-conditions.ts';
import type { ClusterApi, ClusterDirectory, KubeconfigReader } from './connector-ports.ts';
import type { Clock } from './ports.ts';

export async function registerCluster(
  { tx, caller, now, vault }: Call,
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
  { tx, caller, now }: Call,
  id: string,
  change: ClusterChange,
  read: KubeconfigReader,
  revision?: number,
): Promise<Cluster> {
  const { inFlightLimit: knownLimit, ...known } = await ownLocked(tx.clusters, caller, 'cluster', id);
  const access = accessOf(change, read);
  const { displayName } = change;
  const inFlightLimit = change.inFlightLimit === undefined ? knownLimit : (change.inFlightLimit ?? undefined);
  const changed = await tx.clusters.update({
    ...atRevision(known, revision),
    ...(inFlightLimit !== undefined && { inFlightLimit }),
    ...(displayName !== undefined && { displayName }),
    ...(access !== undefined && { server: access.server }),
    updatedAt: now,
  });
  if (access !== undefined) await tx.credentials.put(changed, access);
  return changed;
}

/** Refused (`in-use`) while application instances refer to it. */
export async function removeCluster({ tx, caller }: Call, id: string): Promise<void> {
  await own(tx.clusters, caller, 'cluster', id);
  await tx.clusters.remove(caller.organizationId, id);
}

/** Asks the cluster, outside of any transaction, and records what it said. */
export async function checkCluster(
  ports: { readonly directory: ClusterDirectory; readonly clusterApi: ClusterApi; readonly clock: Clock },
  caller: Caller,
  id: string,
): Promise<Cluster> {
  const target = await ports.directory.target(id);
  if (target === undefined || target.cluster.organizationId !== caller.organizationId) throw notFound('cluster', id);
  const { discovery, failure } = await ports.clusterApi.discover(target, await ports.clock.now());
  const conditions = conditionsOf(failure);
  await ports.directory.report(id, {
    conditions,
    discovery,
    contact: failure?.kind !== 'Unreachable',
    now: await ports.clock.now(),
  });
  return (await ports.directory.target(id))?.cluster ?? target.cluster;
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
  if (server === undefined) throw ruleViolated('/server', 'is needed beside ca and token: access is given as a whole.');
  if (ca === undefined) throw ruleViolated('/ca', 'is needed beside server and token: access is given as a whole.');
  if (token === undefined) throw ruleViolated('/token', 'is needed beside server and ca: access is given as a whole.');
  return { server, ca, token };
}
