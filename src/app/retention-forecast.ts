/** What a retention scheme comes to. Nothing is written, and nothing that is scheduled is looked at. */
import { forecast } from '../domain/forecast.ts';
import type { NewRetentionForecast, RetentionForecast } from '../domain/forecast-shape.ts';
import { ruleViolated } from '../domain/problem.ts';
import type { Reading } from './call.ts';

export async function forecastRetention({ now }: Reading, input: NewRetentionForecast): Promise<RetentionForecast> {
  const { schedules, timeZone = 'Etc/UTC', from = now, ...rest } = input;
  if (schedules === undefined) throw ruleViolated('/schedules', 'are needed: what to forecast.');
  return forecast({ ...rest, schedules, timeZone, from });
}
