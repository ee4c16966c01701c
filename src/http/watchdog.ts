/** /v1/watchdog: the broken invariants, for the operator of this service. */
import { z } from 'zod';
import { findings } from '../core/catalogue.ts';
import { Instant } from '../core/kernel/rules/fields.ts';
import { Finding as AnyFinding } from '../core/watchdog/rules/findings.ts';
import { type WatchdogPorts, watchdogReport } from '../core/watchdog/watchdog.ts';
import type { Api } from './kit/ports.ts';
import { about } from './kit/route.ts';

const kinds = Object.entries(findings).map(([kind, { text }]) => `${kind}: ${text}.`);
const FindingKind = z.enum(Object.keys(findings)).meta({
  id: 'FindingKind',
  description: `The invariant that is broken. ${kinds.join(' ')}`,
});
const Finding = AnyFinding.extend({ kind: FindingKind }).meta({
  id: 'Finding',
  description: 'One resource or task that breaks an invariant.',
});
const FindingCount = z
  .object({ kind: FindingKind, count: z.int().min(0) })
  .meta({ id: 'FindingCount', description: 'How many resources or tasks break this invariant.' });
const WatchdogReport = z
  .object({
    checkedAt: Instant,
    counts: z.array(FindingCount).describe('One entry for each kind, with 0 for a kind without findings.'),
    findings: z.array(Finding).describe('The oldest findings of each kind, at most 200.'),
  })
  .meta({
    id: 'WatchdogReport',
    description: 'The broken invariants at this moment. Without findings all is well.',
  });

export function watchdogRoutes(api: Api, ports: Omit<WatchdogPorts, 'findings'>): void {
  api.get(
    '/v1/watchdog',
    about(
      {
        operationId: 'getWatchdogReport',
        scope: 'platform:admin',
        tag: 'service',
        summary: 'Get the findings of the watchdog',
        description:
          'Checks now, in all organizations, for schedules that do not fire, Operations that do not end, and history that does not fit together. Each finding says what to do. The service logs each finding once, and counts findings in the metric backups_watchdog_findings.',
      },
      { response: { 200: WatchdogReport } },
    ),
    () => watchdogReport({ ...ports, findings }),
  );
}
