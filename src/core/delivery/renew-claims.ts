/**
 * Renews the lease of a batch of claims while the batch is worked on. A claim lasts 12 s and is renewed every 4 s.
 *
 * This process judges by its own clock whether a claim surely holds, counted from before it asked the database. So a
 * process that was stopped, or that the database does not answer, knows that another one may hold its claims by now,
 * and begins no call for them. The time until which a call may be sent goes with the call to its first byte.
 *
 * An apply that reaches the cluster late all the same, after a cancel and its delete, is deleted again when the watch
 * sees the resource (`hasReturned` in ../operations/rules/observe.ts).
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Claim, Deliveries } from './ports.ts';

export const leaseSeconds = 12;
const renewMs = 4_000;
/** A call begins only while this much of the lease is left, and must be sent within it. */
const sendWindowMs = 5_000;

export interface ClaimLease {
  /**
   * Until when a call for the claim may be sent, by `performance.now()`; `undefined` when none may begin any more. To
   * be asked before each call: the process may be stopped between any two steps on the way to its first byte.
   */
  sendUntil(claim: Claim): number | undefined;
  /** Stops renewing. */
  end(): Promise<void>;
}

interface LeasePorts {
  readonly deliveries: Pick<Deliveries, 'renew'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** `claimedAt` is by `performance.now()`, read before the claim was asked for. */
export function renewClaims(
  { deliveries, clock, log }: LeasePorts,
  claims: readonly Claim[],
  claimedAt: number,
): ClaimLease {
  let kept: ReadonlySet<string> = new Set(claims.map(({ operation }) => operation.id));
  let until = claimedAt + leaseSeconds * 1000;
  const renew = async (): Promise<void> => {
    const askedAt = performance.now();
    const still = claims.filter(({ operation }) => kept.has(operation.id));
    kept = await deliveries.renew(still, await clock.now(), leaseSeconds);
    until = askedAt + leaseSeconds * 1000;
  };
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    renewing ??= renew()
      .catch((err: unknown) => log.warn({ err }, 'claims of deliveries could not be renewed'))
      .finally(() => {
        renewing = undefined;
      });
  }, renewMs);
  return {
    sendUntil({ operation }) {
      const now = performance.now();
      return kept.has(operation.id) && now < until - sendWindowMs ? now + sendWindowMs : undefined;
    },
    async end() {
      clearInterval(timer);
      await renewing;
    },
  };
}
