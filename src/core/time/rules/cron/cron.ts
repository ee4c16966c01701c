/**
 * The grammar of a recurrence: five fields of cron, or a nickname. This is the only place that reads the text; the rest
 * asks the values that are read here.
 *
 * The grammar is that of crontab(5) and of robfig/cron, which Velero and Kubernetes use, and `L` (the last day), `LW` and
 * `5L` beside it. It differs in this: 7 is Sunday too, and `?` is `*`. What is written otherwise elsewhere and could be
 * misread is refused, with the text to write instead (foreign-cron.ts).
 */
import { type FieldValues, fieldKinds, readField } from './cron-field.ts';
import { foreignCron } from './foreign-cron.ts';

export interface Cron {
  /** Minutes of the hour, hours of the day, and minutes of the day, each ascending. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly times: readonly number[];
  readonly day: FieldValues;
  readonly months: ReadonlySet<number>;
  readonly weekday: FieldValues;
  /** Which days of this month match: bit 1 is the first. `month` counts from 0. */
  daysOf(year: number, month: number): number;
  /** How many of `times` lie before this minute of the day, 0 to 1440. */
  timesBefore(minute: number): number;
}

const nicknames: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

export const longestExpression = 200;

/** As it is stored: one blank between fields, none around them, nicknames in lower case. */
export function tidyCron(text: string): string {
  const tidy = text.trim().replaceAll(/[ \t]+/g, ' ');
  return tidy.startsWith('@') ? tidy.toLowerCase() : tidy;
}

/** The values of a recurrence, or the reason why it cannot be read: for people, with what to write. */
export function readCron(text: string): Cron | string {
  if (text.length > longestExpression) return `it has more than ${longestExpression} characters`;
  const tidy = tidyCron(text);
  const expression = Object.hasOwn(nicknames, tidy) ? (nicknames[tidy] ?? tidy) : tidy;
  const [minuteText = '', hourText = '', dayText = '', monthText = '', weekdayText = '', ...more] =
    expression.split(' ');
  if (weekdayText === '' || more.length > 0 || /[@=]/.test(expression)) return foreignCron(tidy, isCron);
  const minute = readField(minuteText, fieldKinds.minute);
  if (typeof minute === 'string') return minute;
  const hour = readField(hourText, fieldKinds.hour);
  if (typeof hour === 'string') return hour;
  const day = readField(dayText, fieldKinds.day);
  if (typeof day === 'string') return day;
  const month = readField(monthText, fieldKinds.month);
  if (typeof month === 'string') return month;
  const weekday = readField(weekdayText, fieldKinds.weekday);
  if (typeof weekday === 'string') return weekday;
  const [minutes, hours] = [ascending(minute.values), ascending(hour.values)];
  const times = hours.flatMap((each) => minutes.map((of) => each * 60 + of));
  const months = month.values;
  return {
    minutes,
    hours,
    times,
    day,
    months,
    weekday,
    daysOf: daysOfMonth(day, months, weekday),
    timesBefore: countBefore(times),
  };
}

function isCron(text: string): boolean {
  return typeof readCron(text) !== 'string';
}

const known = new Map<string, Cron>();
const knownCount = 2_000;

/** The values of a stored recurrence, remembered. Throws for a text that cannot be read: such a row is a defect. */
export function cronOf(expression: string): Cron {
  const found = known.get(expression);
  if (found !== undefined) return found;
  // Rows of earlier versions may hold numbers of three digits.
  const read = readCron(expression.replaceAll(/(?<!\d)0+(?=\d)/g, ''));
  if (typeof read === 'string') throw new RangeError(`The recurrence "${expression}" cannot be read: ${read}.`);
  if (known.size >= knownCount) known.clear();
  known.set(expression, read);
  return read;
}

function ascending(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function countBefore(times: readonly number[]): Cron['timesBefore'] {
  const counts = new Uint16Array(1441);
  let count = 0;
  for (let minute = 0; minute <= 1440; minute += 1) {
    while ((times[count] ?? 1441) < minute) count += 1;
    counts[minute] = count;
  }
  return (minute) => counts[minute] ?? 0;
}

/**
 * A field that restricts nothing leaves the day to the other. When both restrict, either one is enough, as in crontab(5).
 * A month is decided by its number, its length and the weekday of its first day, and is remembered by these.
 */
function daysOfMonth(day: FieldValues, months: ReadonlySet<number>, weekday: FieldValues): Cron['daysOf'] {
  const remembered = new Map<number, number>();
  return (year, month) => {
    if (!months.has(month + 1)) return 0;
    const date = new Date(0);
    date.setUTCFullYear(year, month, 1);
    const firstWeekday = date.getUTCDay();
    date.setUTCFullYear(year, month + 1, 0);
    const length = date.getUTCDate();
    const key = (length - 28) * 7 + firstWeekday;
    const found = remembered.get(key);
    if (found !== undefined) return found;
    let bits = 0;
    for (let each = 1; each <= length; each += 1) {
      const of = (firstWeekday + each - 1) % 7;
      const byDay = isDay(day, each, of, length);
      const byWeekday = weekday.values.has(of) || (weekday.lastWeekdays.has(of) && each + 7 > length);
      const matches = day.every ? weekday.every || byWeekday : weekday.every ? byDay : byDay || byWeekday;
      if (matches) bits |= 2 ** each;
    }
    remembered.set(key, bits);
    return bits;
  };
}

function isDay({ values, lastDay, lastWorkday }: FieldValues, each: number, weekday: number, length: number): boolean {
  if (values.has(each) || (lastDay && each === length)) return true;
  if (!lastWorkday || weekday === 0 || weekday === 6) return false;
  return each === length || (weekday === 5 && each + 2 >= length);
}
