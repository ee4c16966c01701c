/**
 * One connection object a cluster for its calls, kept between calls. It belongs to the credentials that it was opened
 * with: when they change the next call opens another one and the old one ends once its running calls have. A cluster
 * that is not called any more loses its object after a while, so that removed clusters leave nothing behind.
 */

import { createHash } from 'node:crypto';
import type { ClusterTarget } from '../../core/clusters/ports.ts';
import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import type { ClusterTarget } from '../../core/delivery/ports.ts';
import { type Connection, type ConnectionOptions, openConnection } from './client.ts';

interface Kept {
  readonly connection: Connection;
  readonly fingerprint: string;
  usedAt: number;
  running: number;
}

export interface Connections {
  /** Runs `work` with the cluster's connection. Rejects when the access cannot be used at all. */
  use<T>(target: ClusterTarget, work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const idleSeconds = 600;

export function keepConnections(options: ConnectionOptions): Connections {
  const kept = new Map<string, Kept>();
  const retired = new Set<Kept>();
  let sweptAt = performance.now();

  const retire = (id: string, entry: Kept) => {
    kept.delete(id);
    retired.add(entry);
    settle(entry);
  };
  const settle = (entry: Kept) => {
    if (entry.running > 0 || !retired.delete(entry)) return;
    void entry.connection.close();
  };
  const sweep = (now: number) => {
    if (now - sweptAt < 60_000) return;
    sweptAt = now;
    for (const [id, entry] of kept)
      if (entry.running === 0 && now - entry.usedAt > idleSeconds * 1000) retire(id, entry);
  };
  const entryOf = ({ cluster, access }: ClusterTarget): Kept => {
    const fingerprint = fingerprintOf(access);
    const known = kept.get(cluster.id);
    if (known?.fingerprint === fingerprint) return known;
    const entry = { connection: openConnection(access, options), fingerprint, usedAt: 0, running: 0 };
    if (known !== undefined) retire(cluster.id, known);
    kept.set(cluster.id, entry);
    return entry;
  };

  return {
    async use(target, work) {
      const entry = entryOf(target);
      entry.running += 1;
      try {
        return await work(entry.connection);
      } finally {
        entry.running -= 1;
        entry.usedAt = performance.now();
        settle(entry);
        sweep(entry.usedAt);
      }
    },
    async close() {
      const all = [...kept.values(), ...retired];
      kept.clear();
      retired.clear();
      await Promise.all(all.map(({ connection }) => connection.close()));
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
