/**
 * Looks for broken invariants, and says so in the log once a finding. It repairs nothing: what it finds is beyond what
 * heals by itself, and wants a person. Every replica of the scheduler looks for itself.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { Invariants } from './ports.ts';
import { findingKey, reportOf, type WatchdogReport } from './rules/findings.ts';

export interface WatchdogPorts {
  readonly invariants: Invariants;
  readonly clock: Clock;
}

export async function watchdogReport({ invariants, clock }: WatchdogPorts): Promise<WatchdogReport> {
  const now = await clock.now();
  return reportOf(await invariants.broken(now), now);
}

/** Returns a look; it remembers what it has logged, and forgets what has gone. */
export function watchdog(ports: WatchdogPorts & { readonly log: Log }): () => Promise<WatchdogReport> {
  let logged: ReadonlySet<string> = new Set();
  return async () => {
    const report = await watchdogReport(ports);
    for (const finding of report.findings) {
      if (!logged.has(findingKey(finding))) ports.log.error({ finding }, 'the watchdog found a broken invariant');
    }
    logged = new Set(report.findings.map(findingKey));
    return report;
  };
}
