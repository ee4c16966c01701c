/** The wall clock of a zone: its reading at an instant, as numbers and as text. */
import { stretchAt } from './zone-stretches.ts';

interface LocalParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly weekday: Weekday;
}

export const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;
export type Weekday = (typeof weekdays)[number];

export function localParts(at: number, timeZone: string): LocalParts {
  return partsOf(at + stretchAt(timeZone, at).offset);
}

/** The parts of a wall time, in milliseconds as if it were in UTC. */
function partsOf(wall: number): LocalParts {
  const shown = new Date(wall);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    weekday: weekdays[shown.getUTCDay()] ?? 'SUN',
  };
}

const two = (value: number) => String(Math.abs(value)).padStart(2, '0');

/** `2026-10-25T02:30` of a wall time, in milliseconds as if it were in UTC. */
export function wallText(wall: number): string {
  const { year, month, day, hour, minute } = partsOf(wall);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** `2026-10-25T02:30+02:00`: as the wall clock shows it, with its offset from UTC. */
export function localText(at: number, timeZone: string): string {
  const { offset } = stretchAt(timeZone, at);
  const minutes = Math.round(offset / 60_000);
  return `${wallText(at + offset)}${minutes < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
