/**
 * Suspends schedules whose Operations fail repeatedly, or records an alert, as their failurePolicy says. It takes no
 * input and finds the schedules in the database. Each streak of failures is acted on once, by the replica that comes
 * first.
 */
import type { Clock, Log } from '../kernel/ports.ts';
import type { FailurePolicies } from './ports.ts';

export interface FailurePolicyPorts {
  readonly failurePolicies: FailurePolicies;
  readonly clock: Clock;
  readonly log: Log;
}

export async function applyFailurePolicies(ports: FailurePolicyPorts): Promise<number> {
  const applied = await ports.failurePolicies.apply(await ports.clock.now());
  for (const { scheduleId, action, failureCount } of applied) {
    ports.log.warn({ scheduleId, action, failureCount }, 'a schedule keeps failing');
  }
  return applied.length;
}
