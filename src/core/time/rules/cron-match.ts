/**
 * The days that an expression of five fields matches, and the minutes of such a day, as sets. It is only for counting
 * far ahead without computing each slot. `nextSlot` decides when a slot is due, and a test compares the two.
 */

export interface CronMatch {
  /** `day` counts days from 1 January 1970, without a zone. */
  matchesDay(day: number): boolean;
  /** How many slots of a matching day lie at or before this minute of the day: none at -1, all at 1439. */
  slotsUntilMinute(minute: number): number;
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
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const dayMs = 86_400_000;

/** `undefined` for an expression that this parser does not read; the caller then counts with `nextSlot`. */
export function cronMatch(expression: string): CronMatch | undefined {
  const fields = (nicknames[expression] ?? expression).toUpperCase().trim().split(/ +/);
  const [minuteText = '', hourText = '', dayText = '', monthText = '', weekdayText = ''] = fields;
  const minutes = valuesOf(minuteText, 0, 59);
  const hours = valuesOf(hourText, 0, 23);
  const days = valuesOf(dayText, 1, 31);
  const inMonths = valuesOf(named(monthText, months, 1), 1, 12);
  const onWeekdays = valuesOf(named(weekdayText.replaceAll('-SUN', '-7'), weekdays, 0), 0, 7);
  if (fields.length !== 5 || !minutes || !hours || !days || !inMonths || !onWeekdays) return undefined;
  const anyDay = isEvery(dayText);
  const anyWeekday = isEvery(weekdayText);

  const matchesDate = (day: number): boolean => {
    const date = new Date(day * dayMs);
    if (!inMonths.has(date.getUTCMonth() + 1)) return false;
    const weekday = date.getUTCDay();
    const byDay = days.has(date.getUTCDate());
    const byWeekday = onWeekdays.has(weekday) || (weekday === 0 && onWeekdays.has(7));
    if (anyDay) return anyWeekday || byWeekday;
    return anyWeekday ? byDay : byDay || byWeekday;
  };
  const until: number[] = [];
  for (let minute = 0, count = 0; minute < 1440; minute += 1) {
    if (hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60)) count += 1;
    until.push(count);
  }
  return { matchesDay: matchesDate, slotsUntilMinute: (minute) => until[minute] ?? 0 };
}

function isEvery(text: string): boolean {
  return text === '*' || text === '?';
}

function named(text: string, names: readonly string[], first: number): string {
  return text.replaceAll(/[A-Z]{3}/g, (name) => (names.includes(name) ? String(names.indexOf(name) + first) : name));
}

/** The values of a list of numbers, ranges and steps; `undefined` when the list contains anything else. */
function valuesOf(text: string, min: number, max: number): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const read = /^(?:[*?]|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,4}))?$/.exec(part);
    if (read === null) return undefined;
    const [, low, high, step] = read;
    const first = low === undefined ? min : Number(low);
    const last = low === undefined ? max : high === undefined ? (step === undefined ? first : max) : Number(high);
    const by = step === undefined ? 1 : Number(step);
    if (first < min || last > max || first > last || by < 1) return undefined;
    for (let value = first; value <= last; value += by) values.add(value);
  }
  return values;
}
