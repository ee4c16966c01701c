/**
 * The lease of a batch of claims, renewed while the batch is worked on. Whether it holds is judged by this process' own
 * clock, from before the database was asked: so a process that was stopped, or that the database does not answer, knows
 * that its claims may be somebody else's by now, and begins no call for them.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Claim, Deliveries } from './ports.ts';

export const leaseSeconds = 12;
const renewMs = 4_000;
/** A call begins only with this much of the lease left, and must be sent within it. */
const sendWindowMs = 5_000;

export interface ClaimLease {
  /**
   * Until when a call for the claim may be sent, by `performance.now()`; `undefined` when none may begin any more. Taken
   * before a call and kept to its first byte: a process may be stopped between any two steps on the way there.
   */
  sendUntil(claim: Claim): number | undefined;
  /** Renews no more. */
  end(): Promise<void>;
}

interface LeasePorts {
  readonly deliveries: Deliveries;
  readonly clock: Clock;
  readonly log: Log;
}

/** `claimedAt` is by `performance.now()`, from before the claim was asked for. */
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
