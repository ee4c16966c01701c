/** /v1/watchdog: which invariants are broken, for whoever runs the service. */
import { watchdogReport } from '../../app/watchdog.ts';
import { WatchdogReport } from '../../domain/watchdog.ts';
import type { Api, HttpPorts } from '../ports.ts';
import { about } from '../route.ts';

export function watchdogRoutes(api: Api, ports: HttpPorts): void {
  api.get(
    '/v1/watchdog',
    about(
      {
        operationId: 'getWatchdogReport',
        scope: 'platform:admin',
        tag: 'service',
        summary: 'Get the findings of the watchdog',
        description:
          'Looks now, in all organizations: schedules that do not fire, Operations that do not end, history that does not fit together; each with what to do. The same findings are in the log, once each, and counted in the metric backups_watchdog_findings.',
      },
      { response: { 200: WatchdogReport } },
    ),
    () => watchdogReport(ports),
  );
}
