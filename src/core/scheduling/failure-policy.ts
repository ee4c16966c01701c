/**
 * Schedules whose Operations fail again and again are suspended, or told of, as their failurePolicy says. Takes no input
 * and looks for itself; each streak of failures is acted on once, on whichever replica comes first.
 */
import type { Clock, Log } from '../kernel/ports.ts';
import type { FailurePolicies } from './ports.ts';

export async function applyFailurePolicies(ports: {
  readonly failurePolicies: FailurePolicies;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<number> {
  const applied = await ports.failurePolicies.apply(await ports.clock.now());
  for (const { scheduleId, action, failureCount } of applied) {
    ports.log.warn({ scheduleId, action, failureCount }, 'a schedule keeps failing');
  }
  return applied.length;
}
