/** /v1/retention/forecast: what a retention scheme comes to, before it is put to use. */
import type { ProtectionPlansTable } from '../../core/protection-plans/ports.ts';
import { forecastRetention } from '../../core/protection-plans/retention-forecast.ts';
import { NewRetentionForecast, RetentionForecast } from '../../core/protection-plans/rules/retention-forecast.ts';
import { reading } from '../kit/calls.ts';
import { PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const description = `
How many copies schedules come to, when, and what they take up and cost. Nothing is stored.

**Copies.** A copy exists from its slot until slot + ttl, that moment excluded, and \`collectionDelayHours\` longer where that is given: at t those slots count that lie in (t − ttl − delay, t]. Slots are those of the zone, daylight saving included, so a daily schedule may have one copy more or less for an hour. 8760h are 365 days: twelve monthly copies, and eleven for the last day of a window that holds a 29 February; 8784h keep at least twelve.

**Storage.** \`firstCopyGB\` once, and \`deltaGB\` of its schedule for each other copy; the full copy takes the place of one of the schedule with the smallest delta. \`costPerMonth\` is that at \`pricePerGBMonth\`.

The scheme of 23 backups (7 daily, 4 weekly, 12 monthly; 200 GB, deltas of 5, 20 and 40 GB) comes to 790 GB, 39.50 a month at 0.05; 7 dailies alone to 230 GB, 11.50. Of the table that these figures are known from, "Daily, 30-day: ~150 GB" leaves the full copy out (by the formula 345 GB), "Daily, 365-day: ~1,650 GB" fits no count of deltas (2,020 GB), and the "~$300" and "16x" told beside it contradict its own row of $82.50; those are not reproduced.
`.trim();

export function retentionForecastRoutes(api: Api, ports: RoutePorts<ProtectionPlansTable>): void {
  api.post(
    '/v1/retention/forecast',
    about(
      {
        operationId: 'forecastRetention',
        scope: 'schedules:read',
        tag: 'protection-plans',
        summary: 'Forecast copies, storage and cost',
        description,
      },
      { headers: PostHeaders, body: NewRetentionForecast, response: { 200: RetentionForecast } },
    ),
    async (request) => forecastRetention(await reading(ports, request), request.body),
  );
}
