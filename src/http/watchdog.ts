/** /v1/watchdog: the broken invariants, for the operator of this service. */

import { WatchdogReport } from '../core/watchdog/rules/findings.ts';
import { type WatchdogPorts, watchdogReport } from '../core/watchdog/watchdog.ts';
import type { Api } from './kit/ports.ts';
import { about } from './kit/route.ts';

export function watchdogRoutes(api: Api, ports: WatchdogPorts): void {
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
    () => watchdogReport(ports),
  );
}
