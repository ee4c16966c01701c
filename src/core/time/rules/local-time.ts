/** The wall clock of a zone, by Intl: its reading at an instant, and its offset from UTC. */

export interface LocalParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** SUN to SAT. */
  readonly weekday: Weekday;
}

export const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;
export type Weekday = (typeof weekdays)[number];

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, made);
  return made;
}

export function localParts(at: number, timeZone: string): LocalParts {
  const read = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatterOf(timeZone).formatToParts(at)) {
    if (Object.hasOwn(read, type)) Object.assign(read, { [type]: Number(value) });
  }
  const weekday = weekdays[new Date(Date.UTC(read.year, read.month - 1, read.day)).getUTCDay()] ?? 'SUN';
  return { ...read, weekday };
}

/** How far the wall clock is ahead of UTC, in minutes. */
export function offsetMinutes(at: number, timeZone: string): number {
  if (timeZone === 'Etc/UTC' || timeZone === 'UTC') return 0;
  const { year, month, day, hour, minute, second } = localParts(at, timeZone);
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000) / 60_000);
}

const two = (value: number) => String(value).padStart(2, '0');

/** `2026-10-25T02:30`, as the wall clock shows it. */
export function wallClock(at: number, timeZone: string): string {
  const { year, month, day, hour, minute } = localParts(at, timeZone);
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}
