/**
 * When a schedule is due. One pure function over croner, so that the rule stands in one place:
 *
 * - five fields of cron, or @hourly @daily @weekly @monthly @yearly, read in an IANA time zone;
 * - a slot in the gap of a daylight saving change fires at the first valid instant after it, several as one; but with
 *   `*` for the hour, which fires in every hour that there is, the gap is passed over;
 * - a slot in the overlap fires once (at its first pass) for fixed times, and follows the wall clock for wildcards: where
 *   the minute or the hour has a `*` or a step, it fires at both passes.
 *
 * croner does the overlap. The gap is ours: croner passes over slots of wildcards, so that every six hours became eleven
 * where midnight is left out, and over those whose gap reaches to midnight.
 */
import { Cron } from 'croner';
import { z } from 'zod';
import { endOfGap, wallMsAt } from './gap.ts';

const nicknames: Readonly<Record<string, Cadence>> = {
  '@hourly': 'hourly',
  '@daily': 'daily',
  '@midnight': 'daily',
  '@weekly': 'weekly',
  '@monthly': 'monthly',
  '@yearly': 'yearly',
  '@annually': 'yearly',
};

export const Cadence = z
  .enum(['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'custom'])
  .meta({ id: 'Cadence', description: 'The kind of recurrence; it chooses the default time to live.' });
export type Cadence = z.infer<typeof Cadence>;

const field = '[0-9A-Za-z*,/?-]+';
const fiveFields = new RegExp(`^${field}( +${field}){4}$`);

const options = { mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true } as const;

function cron(expression: string, timeZone: string): Cron {
  return new Cron(expression, { ...options, timezone: timeZone });
}

export const CronExpression = z
  .string()
  .max(200)
  .refine((text) => Object.hasOwn(nicknames, text) || readsAsCron(text), {
    error: (issue) =>
      `is no cron expression of five fields (minute hour day month weekday): ${whyNot(String(issue.input))}`,
  })
  .meta({
    id: 'CronExpression',
    description:
      'Five cron fields (minute hour day-of-month month day-of-week; names, lists, ranges and steps are understood; when day-of-month and day-of-week are both restricted either matches) or @hourly, @daily, @weekly, @monthly, @yearly.',
    example: '0 2 * * *',
  });

export const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, { error: 'is no IANA time zone that this service knows, for example Europe/Berlin or Etc/UTC' })
  .meta({ id: 'TimeZone', description: 'An IANA time zone name. Default Etc/UTC.', example: 'Europe/Berlin' });

function readsAsCron(text: string): boolean {
  return whyNot(text) === '';
}

function whyNot(text: string): string {
  if (!fiveFields.test(text)) return 'five fields of digits, names, and * , - / are needed';
  if (
    /(^|[ ,])[LW]|\d[LW]|#/i.test(
      text
        .split(' ')
        .filter(Boolean)
        .slice(2, 5)
        .join(' ')
        .replaceAll(/[A-Z]{3}/gi, '1'),
    )
  )
    return 'L, W and # are not part of it';
  try {
    cron(text, 'Etc/UTC');
    return '';
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'it cannot be read';
  }
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The first slot strictly after `after`, or `undefined` when the expression never fires again (30 February). */
export function nextSlot(expression: string, timeZone: string, after: string): string | undefined {
  const date = new Date(after);
  if (!isEveryHour(expression)) {
    const wall = wallCron(expression).nextRun(new Date(wallMsAt(date.getTime(), timeZone)));
    const madeUp = wall === null ? undefined : endOfGap(wall.getTime(), timeZone);
    if (madeUp !== undefined) return new Date(madeUp).toISOString();
  }
  return cron(expression, timeZone).nextRun(date)?.toISOString();
}

/** The last slot strictly before `before`, or `undefined` when there was none. */
export function previousSlot(expression: string, timeZone: string, before: string): string | undefined {
  const date = new Date(before);
  if (!isEveryHour(expression)) {
    const [wall] = wallCron(expression).previousRuns(1, new Date(wallMsAt(date.getTime(), timeZone)));
    const madeUp = wall === undefined ? undefined : endOfGap(wall.getTime(), timeZone);
    if (madeUp !== undefined && madeUp < date.getTime()) return new Date(madeUp).toISOString();
  }
  return cron(expression, timeZone).previousRuns(1, date)[0]?.toISOString();
}

/** The expression over the days of a calendar without any change of offset. */
function wallCron(expression: string): Cron {
  return new Cron(expression, { ...options, utcOffset: 0 });
}

function isEveryHour(expression: string): boolean {
  return expression === '@hourly' || /^ *[^ ]+ +[*?](\/1)? /.test(expression);
}

/** `nextSlot` that remembers: schedules share expressions, and one tick asks for thousands at the same instant. */
export function memoizedNextSlot(): typeof nextSlot {
  const known = new Map<string, string | undefined>();
  return (expression, timeZone, after) => {
    const key = `${expression}|${timeZone}|${after}`;
    if (!known.has(key)) known.set(key, nextSlot(expression, timeZone, after));
    return known.get(key);
  };
}

/** The cadence that an expression stands for, judged by its next slots; `custom` when they are not evenly of a kind. */
export function inferCadence(expression: string): Cadence {
  const nickname = nicknames[expression];
  if (nickname !== undefined) return nickname;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.trim().split(/ +/);
  const every = (text: string) => text === '*' || text === '?';
  const one = (text: string) => /^[0-9]+$|^[A-Za-z]{3}$/.test(text);
  if (!one(minute)) return 'custom';
  if (every(hour) && every(day) && every(month) && every(weekday)) return 'hourly';
  if (!one(hour)) return 'custom';
  if (every(day) && every(month) && every(weekday)) return 'daily';
  if (every(day) && every(month) && one(weekday)) return 'weekly';
  if (one(day) && every(month) && every(weekday)) return 'monthly';
  if (one(day) && one(month) && every(weekday)) return 'yearly';
  return 'custom';
}
