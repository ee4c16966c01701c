/**
 * How often an expression recurs, decided by the values that it names: its cadence, and the longest time between two of
 * its slots. The ttl of copies depends on both.
 */
import { z } from 'zod';
import { type Cron, cronOf } from './cron/cron.ts';
import type { FieldValues } from './cron/cron-field.ts';
import { step } from './steps.ts';

export const Cadence = z
  .enum(['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'custom'])
  .meta({ id: 'Cadence', description: 'How often a schedule recurs. The default time to live depends on it.' });
export type Cadence = z.infer<typeof Cadence>;

/** The cadence of an expression; `custom` when it is none of the others. */
export function inferCadence(expression: string): Cadence {
  const { minutes, hours, months, day, weekday } = cronOf(expression);
  if (minutes.length !== 1) return 'custom';
  const [anyDay, anyWeekday] = [day.every || day.values.size === 31, weekday.every || weekday.values.size === 7];
  const everyMonth = months.size === 12;
  // When both fields restrict the day, either is enough: then one of them that names every day decides.
  const restricted = !day.every && !weekday.every;
  const everyDay = restricted ? anyDay || anyWeekday : anyDay && anyWeekday;
  if (hours.length === 24) return everyDay && everyMonth ? 'hourly' : 'custom';
  if (hours.length !== 1) return 'custom';
  if (everyDay) return everyMonth ? 'daily' : 'custom';
  if (restricted) return 'custom';
  if (day.every && weekday.lastWeekdays.size === 0) return isOne(weekday) && everyMonth ? 'weekly' : 'custom';
  if (!isOne(day.every ? weekday : day)) return 'custom';
  if (everyMonth) return 'monthly';
  return months.size === 1 ? 'yearly' : 'custom';
}

function isOne({ values, lastDay, lastWorkday, lastWeekdays }: FieldValues): boolean {
  return values.size + Number(lastDay) + Number(lastWorkday) + lastWeekdays.size === 1;
}

const dayMinutes = 1_440;
/** Twelve years: longer than from one 29 February to the next but one, even over a century year without. */
const years = Array.from({ length: 12 }, (_, n) => 2027 + n);

const known = new WeakMap<Cron, number | undefined>();

/**
 * The longest time between two neighbouring slots, in minutes, changes of the clocks aside. A copy has to last that long
 * until the next one is there. `undefined` when fewer than two slots lie in twelve years.
 */
export function longestGapMinutes(expression: string): number | undefined {
  const cron = cronOf(expression);
  if (!known.has(cron)) known.set(cron, longestGap(cron));
  return known.get(cron);
}

/** The gaps within a day are those of its times; the others lie between the last time of a day and the first of the next. */
function longestGap(cron: Cron): number | undefined {
  const [first = 0, last = first] = [cron.times[0], cron.times.at(-1)];
  const days = matchingDays(cron);
  if (days.length * cron.times.length < 2) return undefined;
  const between = days.length < 2 ? 0 : longestStep(days) * dayMinutes - last + first;
  return Math.max(longestStep(cron.times), between);
}

function matchingDays({ daysOf }: Cron): readonly number[] {
  const days: number[] = [];
  for (const year of years) {
    for (let month = 0; month < 12; month += 1) {
      step();
      const start = Date.UTC(year, month) / 86_400_000;
      for (let bits = daysOf(year, month); bits !== 0; bits &= bits - 1)
        days.push(start + 30 - Math.clz32(bits & -bits));
    }
  }
  return days;
}

function longestStep(ordered: readonly number[]): number {
  return ordered.reduce((longest, value, index) => Math.max(longest, value - (ordered[index - 1] ?? value)), 0);
}
