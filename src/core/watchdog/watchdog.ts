/**
 * Checks the invariants that must never be broken (rules/findings.ts), every 30 s and with one statement. It logs each
 * finding once, as an error; the metric backups_watchdog_findings counts findings by kind, and GET /v1/watchdog lists
 * them with what to do. It repairs nothing: the service could not repair it, so a person has to. Every replica
 * with the role scheduler checks by itself.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { FindingRows } from '../kernel/rules/finding.ts';
import { type LateNextSlot, lateNextSlots } from '../scheduling/next-slots.ts';
import type { NextSlots } from '../scheduling/ports.ts';
import type { Invariants } from './ports.ts';
import { type BrokenRow, findingKey, reportOf, type WatchdogReport } from './rules/findings.ts';

export interface WatchdogPorts {
  readonly invariants: Invariants;
  readonly nextSlots: NextSlots;
  /** What the subjects declare. */
  readonly findings: FindingRows;
  readonly clock: Clock;
}

export async function watchdogReport(ports: WatchdogPorts): Promise<WatchdogReport> {
  const { invariants, nextSlots, findings, clock } = ports;
  const now = await clock.now();
  const found = await Promise.all([invariants.broken(now), lateNextSlots(nextSlots, now)]);
  return reportOf(findings, [...found[0], ...brokenBy(found[1])], now);
}

function brokenBy(late: readonly LateNextSlot[]): readonly BrokenRow[] {
  return late.map(({ id, organizationId, updatedAt }) => ({
    kind: 'NextSlotTooLate',
    resourceType: 'Schedule',
    resourceId: id,
    organizationId,
    since: updatedAt,
    total: late.length,
  }));
}

/** Returns a round. It remembers the findings that it has logged, until they are gone. */
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
