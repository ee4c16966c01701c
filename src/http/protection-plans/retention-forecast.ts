/** /v1/retention/forecast: the copies, storage and cost of a retention scheme, before it is put to use. */
import type { ProtectionPlansTable } from '../../core/protection-plans/ports.ts';
import { forecastRetention } from '../../core/protection-plans/retention-forecast.ts';
import { NewRetentionForecast, RetentionForecast } from '../../core/protection-plans/rules/retention-forecast.ts';
import { reading } from '../kit/calls.ts';
import { PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const description = `
Computes how many copies schedules make over time, how much storage they take, and what they cost. Nothing is stored.

**Copies.** A copy exists from its slot until slot + ttl, that moment excluded, and \`collectionDelayHours\` longer if that is given. So at the time t the slots in (t − ttl − delay, t] count. Slots follow the time zone with its daylight saving, so a daily schedule may have one copy more or less for an hour. 8760h are 365 days: they keep twelve monthly copies, but eleven on the last day of a window that holds a 29 February. 8784h keep at least twelve.

**Storage.** The storage is \`firstCopyGB\` once, and \`deltaGB\` of its schedule for each other copy. The full copy takes the place of one of the schedule with the smallest delta. \`costPerMonth\` is the storage times \`pricePerGBMonth\`.

**Example.** The scheme of 23 backups (7 daily, 4 weekly, 12 monthly; 200 GB, deltas of 5, 20 and 40 GB) takes 790 GB and costs 39.50 a month at 0.05. 7 daily copies alone take 230 GB and cost 11.50. The published table with these figures has some that the formula does not reproduce: "Daily, 30-day: ~150 GB" leaves out the full copy (345 GB by the formula), "Daily, 365-day: ~1,650 GB" fits no count of deltas (2,020 GB), and the "~$300" and "16x" beside it contradict its own row of $82.50.
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
