/**
 * One connector's part in sharing the clusters. `look` takes no input: about every three seconds it says that this
 * connector lives and renews what it holds, hands over what is more than its share, and each time it takes what is free.
 *
 *   dies          its leases end within ten seconds, and the next look of another takes them
 *   is closed     frees them at once
 *   starts        takes what is free, and is handed the rest by those that hold more
 */

import type { Log } from '../kernel/ports.ts';
import type { Leases } from './ports.ts';
import { handOvers, takeCount } from './rules/cluster-shares.ts';

export interface LeasePorts {
  readonly leases: Leases;
  readonly log: Log;
  /** In [0, 1): spreads the rounds of several connectors. */
  readonly chance: () => number;
  /** How many clusters were taken from another connector. */
  readonly tookOver: (count: number) => void;
}

const renewMs = { least: 2_500, spread: 1_000 };

/** Returns `look`. */
export function shareClusters({ leases, log, chance, tookOver }: LeasePorts, connectorId: string): () => Promise<void> {
  let renewAt = Number.NEGATIVE_INFINITY;

  const share = async (): Promise<void> => {
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
