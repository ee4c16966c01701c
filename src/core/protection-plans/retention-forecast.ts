/**
 * Forecasts the copies of a set of schedules, or of a protection plan. It writes nothing, and reads no schedule that
 * exists.
 */

import type { Reading } from '../access/call.ts';
import { inPaces } from '../kernel/pace.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { chosenProtectionPlan } from './find-protection-plans.ts';
import type { ProtectionPlansTable } from './ports.ts';
import { forecast } from './rules/forecast.ts';
import type { ForecastSchedule, NewRetentionForecast, RetentionForecast } from './rules/retention-forecast.ts';

export async function forecastRetention(
  call: Reading<ProtectionPlansTable>,
  input: NewRetentionForecast,
): Promise<RetentionForecast> {
  const { schedules, protectionPlanId, protectionPlanName, deltaGBByEntry = {}, timeZone, from, ...rest } = input;
  const choices = [schedules, protectionPlanId, protectionPlanName].filter((choice) => choice !== undefined);
  if (choices.length !== 1) {
    throw ruleViolated('/schedules', 'or protectionPlanId or protectionPlanName must be given, and only one of them.');
  }
  if (schedules !== undefined) {
    if (input.deltaGBByEntry !== undefined) {
      throw ruleViolated('/deltaGBByEntry', 'is only for a protection plan; give each schedule its own deltaGB.');
    }
    return inPaces(forecast({ ...rest, schedules, timeZone: timeZone ?? 'Etc/UTC', from: from ?? call.now }));
  }
  const plan = await chosenProtectionPlan(call, { protectionPlanId, protectionPlanName });
  const unknown = Object.keys(deltaGBByEntry).find((name) => !plan.entries.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    const known = plan.entries.map(({ name }) => name).join(', ');
    throw ruleViolated(
      `/deltaGBByEntry/${unknown}`,
      `is no entry of the protection plan ${plan.name}, which has ${known}.`,
    );
  }
  const schedulesOfPlan: ForecastSchedule[] = plan.entries.map(({ name, schedule, ttl }) => {
    const deltaGB = Object.hasOwn(deltaGBByEntry, name) ? deltaGBByEntry[name] : undefined;
    return { name, schedule, ttl, ...(deltaGB !== undefined && { deltaGB }) };
  });
  return inPaces(
    forecast({ ...rest, schedules: schedulesOfPlan, timeZone: timeZone ?? plan.timeZone, from: from ?? call.now }),
  );
}
