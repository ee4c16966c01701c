/**
 * When a schedule recurs. `nextSlot` is the one place of the rule:
 *
 * - Five fields of cron, or @hourly @daily @weekly @monthly @yearly, read in an IANA time zone.
 * - A slot in the gap of a daylight saving change fires at the first valid instant after the gap. Several slots in one
 *   gap fire once. With `*` for the hour nothing is made up for, because each hour that exists has its own slot.
 * - A slot in the overlap fires once, at its first pass, when its time is fixed. When the minute or the hour has a `*`
 *   or a step, it follows the wall clock and fires at both passes.
 *
 * croner does the overlap. The gap is done here, because croner skips slots of wildcards in it: every six hours became
 * eleven where midnight is left out. It also skips slots whose gap reaches to midnight.
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
  .meta({ id: 'Cadence', description: 'How often a schedule recurs. The default time to live depends on it.' });
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
      `must be a cron expression of five fields (minute hour day month weekday): ${whyNot(String(issue.input))}`,
  })
  .meta({
    id: 'CronExpression',
    description:
      'Five cron fields: minute, hour, day of month, month, day of week. Names, lists, ranges and steps are allowed. When day of month and day of week are both restricted, a day matches if either one does. Or one of @hourly, @daily, @weekly, @monthly, @yearly.',
    example: '0 2 * * *',
  });

export const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, {
    error: 'must be an IANA time zone that this service knows, for example Europe/Berlin or Etc/UTC',
  })
  .meta({ id: 'TimeZone', description: 'An IANA time zone name.', example: 'Europe/Berlin' });

function readsAsCron(text: string): boolean {
  return whyNot(text) === '';
}

function whyNot(text: string): string {
  if (!fiveFields.test(text)) return 'give five fields of digits, names, and * , - /';
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
    return 'L, W and # are not supported';
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

/** The last slot strictly before `before`, or `undefined` when there is none. */
export function previousSlot(expression: string, timeZone: string, before: string): string | undefined {
  const date = new Date(before);
  if (!isEveryHour(expression)) {
    const [wall] = wallCron(expression).previousRuns(1, new Date(wallMsAt(date.getTime(), timeZone)));
    const madeUp = wall === undefined ? undefined : endOfGap(wall.getTime(), timeZone);
    if (madeUp !== undefined && madeUp < date.getTime()) return new Date(madeUp).toISOString();
  }
  return cron(expression, timeZone).previousRuns(1, date)[0]?.toISOString();
}

/** The expression over wall times, without a zone and its changes of offset. */
function wallCron(expression: string): Cron {
  return new Cron(expression, { ...options, utcOffset: 0 });
}

function isEveryHour(expression: string): boolean {
  return expression === '@hourly' || /^ *[^ ]+ +[*?](\/1)? /.test(expression);
}

/** `nextSlot` with a memory: schedules share expressions, and one tick asks for thousands at the same instant. */
export function memoizedNextSlot(): typeof nextSlot {
  const known = new Map<string, string | undefined>();
  return (expression, timeZone, after) => {
    const key = `${expression}|${timeZone}|${after}`;
    if (!known.has(key)) known.set(key, nextSlot(expression, timeZone, after));
    return known.get(key);
  };
}

/** The cadence of an expression, from its fields; `custom` when it is none of the others. */
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
