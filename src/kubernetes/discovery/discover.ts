/**
 * Finds out what a cluster is and what our credentials may do there, as far as their rights reach. The parts are
 * independent: one that is slow or fails is Unknown with its reason, and spoils no other. Two parts run at a time, each
 * with one query after the other, and all of it ends within the time of one call.
 */

import { z } from 'zod';
import type { ClusterTarget } from '../../core/clusters/ports.ts';
import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import { type Discovery, nothingFound } from '../../core/clusters/rules/discovery.ts';
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { speaksForAll } from '../../core/delivery/rules/answer.ts';
import { eachOf } from '../../core/kernel/each-of.ts';
import type { CallLimits, ClusterClient } from '../http/client.ts';
import { type ApplicationPlace, acceptedBySchemaOrVersion, tryAdmission } from './accepted-parameters.ts';
import { credentialExpiry } from './credential-expiry.ts';
import {
  customResources,
  gatedNamespaces,
  identity,
  operators,
  storageClasses,
  storageLocations,
  volumeSnapshotClasses,
} from './lists.ts';
import { permissions } from './permissions.ts';
import { findingOf, queryWithin } from './query.ts';

export interface Discovered {
  readonly discovery: Discovery;
  /** Why the cluster could not be asked at all. */
  readonly failure?: ClusterFailure;
  /** Where the cluster was reached, if new registrations may not have that address. */
  readonly localAddress?: string;
}

const parallelCount = 2;
const Version = z.object({ gitVersion: z.string().max(256) });

/** `applications` are those registered for the cluster: rights are looked for and dry runs made where they are. */
export async function discoverCluster(
  client: ClusterClient,
  limits: CallLimits,
  now: string,
  target: Pick<ClusterTarget, 'cluster'>,
  applications: readonly ApplicationPlace[],
): Promise<Discovered> {
  const query = queryWithin(client, { ...limits, seconds: limits.seconds * 0.95 });
  const version = await query({ method: 'GET', path: '/version' }, Version);
  const silent = version.failure === undefined ? undefined : withoutApiServer(version.failure);
  if (silent !== undefined) return nothingDiscovered(now, silent);

  const namespaces = [...new Set(applications.map(({ namespace }) => namespace))];
  const parts: readonly (() => Promise<Partial<Discovery>>)[] = [
    async () => ({ customResources: await customResources(query, now) }),
    async () => ({ permissions: await permissions(query, now, namespaces) }),
    () => tryAdmission(query, now, target, applications),
    async () => ({ operator: await operators(query, now) }),
    async () => ({ storageLocations: await storageLocations(query, now) }),
    async () => ({ namespaces: await gatedNamespaces(query, now, namespaces) }),
    async () => ({ volumeSnapshotClasses: await volumeSnapshotClasses(query, now) }),
    async () => ({ identity: await identity(query, now) }),
    async () => ({ storageClasses: await storageClasses(query, now) }),
  ];
  const { problem: _, ...blank } = nothingFound(now, 'The cluster was not asked.');
  let discovery: Discovery = blank;
  await eachOf(parts, parallelCount, async (part) => {
    const found = await part();
    discovery = { ...discovery, ...found };
  });

  const versionField = version.value === undefined ? {} : { version: version.value.gitVersion };
  return {
    discovery: {
      ...discovery,
      server: { ...findingOf(version, now), ...versionField },
      acceptedParameters: acceptedBySchemaOrVersion(discovery, now),
    },
  };
}

/**
 * The failure, if it means that no API server answers. Each API server has /version, and many other servers answer an
 * unknown path as API servers do: "404 page not found".
 */
function withoutApiServer(failure: ClusterFailure): ClusterFailure | undefined {
  if (failure.kind === 'Refused' && failure.reason === 'CrdMissing')
    return {
      kind: 'ServerError',
      message: 'Something other than an API server answers: it has no /version.',
      notApiServer: true,
    };
  if (failure.kind === 'ServerError' && failure.notApiServer === true) return failure;
  return speaksForAll(failure) ? failure : undefined;
}

export function nothingDiscovered(now: string, failure: ClusterFailure): Discovered {
  return { discovery: nothingFound(now, failure.message), failure };
}

/** Adds when the credentials expire. They say so themselves, so this needs no answer of the cluster. */
export function withExpiry(found: Discovered, access: ClusterAccess): Discovered {
  const expiry = credentialExpiry(access);
  if (expiry === undefined) return found;
  return { ...found, discovery: { ...found.discovery, credentialsExpireAt: expiry.at } };
}
