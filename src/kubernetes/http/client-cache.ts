/**
 * One client for each cluster, kept between calls. A client belongs to the credentials that it was opened with. When
 * they change, the next call opens another client, and the old one closes once its running calls have ended. The client
 * of a cluster that is not called any more closes after a while, so that removed clusters leave nothing behind.
 */

import { createHash } from 'node:crypto';
import type { ClusterTarget } from '../../core/clusters/ports.ts';
import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import { type ClientOptions, type ClusterClient, openClient } from './client.ts';

interface CachedClient {
  readonly client: ClusterClient;
  readonly fingerprint: string;
  usedAt: number;
  running: number;
}

export interface ClientCache {
  /** Runs `work` with the cluster's client. Rejects when the access cannot be used at all. */
  use<T>(target: ClusterTarget, work: (client: ClusterClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const idleSeconds = 600;

export function cacheClients(options: ClientOptions): ClientCache {
  const cached = new Map<string, CachedClient>();
  const retired = new Set<CachedClient>();
  let sweptAt = performance.now();

  const retire = (id: string, entry: CachedClient) => {
    cached.delete(id);
    retired.add(entry);
    closeIfUnused(entry);
  };
  const closeIfUnused = (entry: CachedClient) => {
    if (entry.running > 0 || !retired.delete(entry)) return;
    void entry.client.close();
  };
  const sweep = (now: number) => {
    if (now - sweptAt < 60_000) return;
    sweptAt = now;
    for (const [id, entry] of cached)
      if (entry.running === 0 && now - entry.usedAt > idleSeconds * 1000) retire(id, entry);
  };
  const entryOf = ({ cluster, access }: ClusterTarget): CachedClient => {
    const fingerprint = fingerprintOf(access);
    const known = cached.get(cluster.id);
    if (known?.fingerprint === fingerprint) return known;
    const entry = { client: openClient(access, options), fingerprint, usedAt: 0, running: 0 };
    if (known !== undefined) retire(cluster.id, known);
    cached.set(cluster.id, entry);
    return entry;
  };

  return {
    async use(target, work) {
      const entry = entryOf(target);
      entry.running += 1;
      try {
        return await work(entry.client);
      } finally {
        entry.running -= 1;
        entry.usedAt = performance.now();
        closeIfUnused(entry);
        sweep(entry.usedAt);
      }
    },
    async close() {
      const all = [...cached.values(), ...retired];
      cached.clear();
      retired.clear();
      await Promise.all(all.map(({ client }) => client.close()));
    },
  };
}

function fingerprintOf(access: ClusterAccess): string {
  const { server, ca, tlsServerName, token, clientCertificate, clientKey, insecureSkipTlsVerify } = access;
  const fields = [server, ca, tlsServerName, token, clientCertificate, clientKey, insecureSkipTlsVerify].map(
    (field) => field ?? null,
  );
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64');
}
