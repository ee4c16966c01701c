/**
 * One connector's part in sharing the clusters. Each cluster is watched by the connector that holds its lease, a row in
 * PostgreSQL (src/postgres/observation/leases.ts). rules/cluster-shares.ts says who takes and who hands over.
 *
 * `look` takes no input. About every three seconds it records that this connector lives, renews its leases, and hands
 * over what is more than its share. Between two renewals it takes clusters that have become free.
 *
 *   a connector dies        its leases end within 10 s, and others take them by the 12th second
 *   a connector is closed   it frees its leases at once
 *   a connector starts      it takes free clusters, and those that hold more hand it the rest
 *
 * Leases go by the real clock of the database, because the clocks of two processes may differ.
 */

import type { Log } from '../kernel/ports.ts';
import type { Leases } from './ports.ts';
import { handOvers, takeCount } from './rules/cluster-shares.ts';

export interface LeasePorts {
  readonly leases: Leases;
  readonly log: Log;
  /** Returns a number in [0, 1), which spreads the rounds of several connectors. */
  readonly chance: () => number;
  /** Called with the number of clusters that were another connector's until now. */
  readonly tookOver: (count: number) => void;
}

const renewMs = { least: 2_500, spread: 1_000 };

/** Returns a round, which returns how many clusters changed hands. */
export function shareClusters(
  { leases, log, chance, tookOver }: LeasePorts,
  connectorId: string,
): () => Promise<number> {
  let renewAt = Number.NEGATIVE_INFINITY;

  const share = async (): Promise<number> => {
    let movedCount = 0;
    const shares = await leases.shares();
    const room = takeCount(shares, connectorId);
    if (room > 0) {
      const { takenCount, fromOthersCount } = await leases.take(connectorId, room);
      if (takenCount > 0) log.info({ takenCount, fromOthersCount }, 'took clusters');
      tookOver(fromOthersCount);
      movedCount += takenCount;
    }
    for (const { to, count } of handOvers(shares, connectorId)) {
      const handedCount = await leases.handOver(connectorId, to, count);
      if (handedCount > 0) log.info({ handedCount, to }, 'handed clusters over');
      movedCount += handedCount;
    }
    return movedCount;
  };

  return async () => {
    if (performance.now() >= renewAt) {
      await leases.renew(connectorId);
      renewAt = performance.now() + renewMs.least + renewMs.spread * chance();
      return share();
    }
    return (await leases.freeCount()) > 0 ? share() : 0;
  };
}
