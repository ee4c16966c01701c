/**
 * The waits of a watch, as client-go has them: ceilings that double from 0.8 s to 30 s with full jitter, back to the
 * first after two healthy minutes. Nothing here decides about an Operation.
 */
import type { ClusterFailure } from '../../core/delivery/rules/decide.ts';
import { randomBetween } from '../timers.ts';
import type { Timings } from '../timings.ts';

export interface BackOff {
  /** Called with how long the cluster was well; what follows on each other without a failure counts together. */
  healthy(seconds: number): void;
  /** How long to wait after this failure; a Retry-After is kept. */
  next(failure: ClusterFailure | undefined): number;
}

export function backOffOf(timings: Timings): BackOff {
  const [first, last] = timings.backOffSeconds;
  let failureCount = 0;
  let healthySeconds = 0;
  return {
    healthy(seconds) {
      healthySeconds += seconds;
      if (healthySeconds >= timings.healthySeconds) failureCount = 0;
    },
    next(failure) {
      healthySeconds = 0;
      const ceiling = Math.min(last, first * 2 ** Math.min(failureCount, 16));
      failureCount += 1;
      if (failure?.kind === 'Refused' || failure?.kind === 'CredentialsRejected')
        return randomBetween(timings.refusedSeconds);
      const told =
        failure?.kind === 'Throttled' || failure?.kind === 'ServerError' ? (failure.retryAfterSeconds ?? 0) : 0;
      return told + randomBetween([ceiling / 10, ceiling]);
    },
  };
}
