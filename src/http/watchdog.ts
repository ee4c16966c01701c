/** /v1/watchdog: which invariants are broken, for whoever runs the service. */

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
          'Looks now, in all organizations: schedules that do not fire, Operations that do not end, history that does not fit together, and tasks of the service itself that do not succeed; each with what to do. The same findings are in the log, once each, and counted in the metric backups_watchdog_findings.',
      },
      { response: { 200: WatchdogReport } },
    ),
    () => watchdogReport(ports),
  );
}
