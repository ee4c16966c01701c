/**
 * The waits of a watch, as client-go has them: ceilings that double from 0.8 s, here up to 20 s, with jitter, and back
 * to the first after two healthy minutes. They decide nothing about an Operation.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { randomBetween } from '../timers.ts';
import type { Timings } from '../timings.ts';

export interface BackOff {
  /** Takes how long the cluster was well. Times without a failure in between add up. */
  healthy(seconds: number): void;
  /** How many seconds to wait after this failure, never less than its Retry-After. */
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
      const retryAfterSeconds =
        failure?.kind === 'Throttled' || failure?.kind === 'ServerError' ? (failure.retryAfterSeconds ?? 0) : 0;
      return retryAfterSeconds + randomBetween([ceiling / 10, ceiling]);
    },
  };
}
