/**
 * One field of a cron expression, read into the values that it names. Everything that is asked of an expression later
 * (slots, counts, cadence, warnings) is asked of these values, never of the text.
 */

export interface FieldKind {
  /** As refusals call it. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Of its values, from `min` on. */
  readonly names?: readonly string[];
  /** What `L` may stand beside. */
  readonly last?: 'day' | 'weekday';
}

export const fieldKinds = {
  minute: { name: 'minute', min: 0, max: 59 },
  hour: { name: 'hour', min: 0, max: 23 },
  day: { name: 'day of month', min: 1, max: 31, last: 'day' },
  month: {
    name: 'month',
    min: 1,
    max: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  weekday: {
    name: 'day of week',
    min: 0,
    max: 7,
    names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
    last: 'weekday',
  },
} as const satisfies Record<string, FieldKind>;

export interface FieldValues {
  readonly values: ReadonlySet<number>;
  /** It holds `*` (or `?`, or a star with the step 1): it restricts nothing, as in crontab(5) and in Kubernetes. */
  readonly every: boolean;
  /** Day of month: `L`, the last day. */
  readonly lastDay: boolean;
  /** Day of month: `LW`, the last day of Monday to Friday. */
  readonly lastWorkday: boolean;
  /** Day of week: those of which only the last of a month is meant, as in `5L`. */
  readonly lastWeekdays: ReadonlySet<number>;
}

/** The values of the field, or the reason why it cannot be read: for people, with what to write. */
export function readField(text: string, kind: FieldKind): FieldValues | string {
  const values = new Set<number>();
  const lastWeekdays = new Set<number>();
  const found = { every: false, lastDay: false, lastWorkday: false };
  for (const item of text.toUpperCase().split(',')) {
    if (item === '') return `the ${kind.name} "${text}" has an empty item: leave out the comma`;
    const [, weekday] = /^([0-9]+|[A-Z]{3})L$/.exec(item) ?? [];
    if (kind.last === 'day' && item === 'L') found.lastDay = true;
    else if (kind.last === 'day' && item === 'LW') found.lastWorkday = true;
    else if (kind.last === 'weekday' && weekday !== undefined) {
      const value = valueIn(weekday, kind);
      if (typeof value === 'string') return value;
      lastWeekdays.add(value % 7);
    } else {
      const read = readItem(item, kind);
      if (typeof read === 'string') return read;
      found.every ||= read.every;
      for (const value of read.values) values.add(kind.last === 'weekday' ? value % 7 : value);
    }
  }
  return { values, lastWeekdays, ...found };
}

interface Item {
  readonly values: readonly number[];
  readonly every: boolean;
}

/** `*`, `?`, a value or a range, each with a step or without. */
function readItem(item: string, kind: FieldKind): Item | string {
  const [range = '', step, ...more] = item.split('/');
  const by = step === undefined ? 1 : stepOf(step, item, kind);
  if (more.length > 0) return `the ${kind.name} "${item}" has more than one step: write one, such as */5`;
  // 7 is a second name of Sunday: no star and no open step reaches it.
  const top = kind.last === 'weekday' ? 6 : kind.max;
  if (range === '*' || range === '?') {
    return typeof by === 'string' ? by : { values: stepped(kind.min, top, by), every: by === 1 };
  }
  const [first = '', last, ...others] = range.split('-');
  if (/^L-\d+$/.test(item) || others.length > 0 || first === '' || last === '') return cannotRead(item, kind);
  const low = valueIn(first, kind);
  if (typeof low === 'string') return low;
  // Sunday at the end of a range is the day after Saturday: FRI-SUN is 5-7.
  const high =
    last === undefined ? undefined : last === 'SUN' && low > 0 && kind.last === 'weekday' ? 7 : valueIn(last, kind);
  if (typeof high === 'string') return high;
  if (typeof by === 'string') return by;
  if (high === undefined) {
    const values = step === undefined ? [low] : stepped(low, Math.max(low, top), by);
    return { values, every: false };
  }
  return high < low ? backwards(item, low, high, by, kind) : { values: stepped(low, high, by), every: false };
}

function stepped(low: number, high: number, by: number): readonly number[] {
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, n) => low + n * by);
}

function valueIn(text: string, kind: FieldKind): number | string {
  const { name, min, max, names } = kind;
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    if (value < min || value > max) return `the ${name} is ${allowed(kind)}, not ${text}`;
    return text.length > 2 ? `the ${name} "${text}" has more than two digits: write ${value}` : value;
  }
  const at = names?.indexOf(text) ?? -1;
  return at < 0 ? cannotRead(text, kind) : at + min;
}

function stepOf(text: string, item: string, { name, min, max, last }: FieldKind): number | string {
  const largest = last === 'weekday' ? 7 : max - min + 1;
  const step = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return step >= 1 && step <= largest
    ? step
    : `the step of the ${name} "${item}" must be 1 to ${largest}, for example */${largest > 12 ? 5 : 2}`;
}

function allowed({ min, max, names, last }: FieldKind): string {
  const numbers = `${min} to ${max}`;
  const named = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return last === 'weekday' ? `${numbers}${named} (0 and 7 are Sunday)` : `${numbers}${named}`;
}

function backwards(item: string, low: number, high: number, by: number, kind: FieldKind): string {
  const { name, min, max, last } = kind;
  const end = last === 'weekday' ? 6 : max;
  const range = (from: number, to: number) => (from === to ? `${from}` : `${from}-${to}`);
  const around = stepped(low, high + end - min + 1, by).map((value) => (value > end ? value - (end - min + 1) : value));
  const instead = by === 1 ? `${range(low, end)},${range(min, high)}` : around.join(',');
  return `the ${name} "${item}" runs backwards: write ${instead}`;
}

function cannotRead(item: string, kind: FieldKind): string {
  const { name, last } = kind;
  const instead = `write ${allowed(kind)}, a range such as 1-5, a list such as 1,5, a step such as */2, or *`;
  if (item.includes('#')) {
    const [weekday = ''] = item.split('#');
    return `the ${name} "${item}" (a certain weekday of the month) is not read: write ${weekday}L for the last one of the month, or a day of month`;
  }
  if (item === 'L' && last === 'weekday')
    return `the ${name} "L" is read in two ways: write 6 for Saturdays, or 6L for the last Saturday of the month`;
  if (/^L-\d+$/.test(item) && last === 'day')
    return `the ${name} "${item}" (days before the last) is not read: write L for the last day, or a day of month`;
  if (/^\d+W$/.test(item) && last === 'day')
    return `the ${name} "${item}" (the nearest weekday) is not read: write ${item.slice(0, -1)}, or LW for the last day of Monday to Friday`;
  if (/^H\b/.test(item))
    return `the ${name} "${item}" is of Jenkins: write a value, and spread schedules with spreadSeconds`;
  if (item.includes('L')) {
    const where = 'L is read as a day of month (L, LW) and behind a day of week (5L)';
    return `the ${name} "${item}" cannot be read: ${where}. Here, ${instead}`;
  }
  return `the ${name} "${item}" cannot be read: ${instead}`;
}
