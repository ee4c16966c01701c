/**
 * Schedules whose Operations fail again and again are suspended, or told of, as their failurePolicy says. Takes no input
 * and looks for itself; each streak of failures is acted on once, on whichever replica comes first.
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
