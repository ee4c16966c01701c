/**
 * The stretches of a zone in which its wall clock keeps one offset from UTC, and what it leaves out or shows twice between
 * them. They are found by asking Intl once a week of a year, and remembered by year.
 */
import { step } from './steps.ts';

export interface Stretch {
  /** From `from` on, until `to` (excluded), in milliseconds. */
  readonly from: number;
  readonly to: number;
  /** How far the wall clock is ahead of UTC, in milliseconds. */
  readonly offset: number;
  /** The offset until `from`; absent when no change of the clock is near. */
  readonly before?: number | undefined;
}

export interface ClockChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const minuteMs = 60_000;
/** An offset that lasts less is missed. */
const lookMs = 7 * 24 * 60 * minuteMs;
const rememberedYears = 20_000;
const rememberedZones = 1_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, readonly Stretch[]>();

/** The stretch that contains this instant. A stretch ends with its year, also when the offset stays. */
export function stretchAt(timeZone: string, at: number): Stretch {
  step();
  const stretches = stretchesOfYear(timeZone, new Date(at).getUTCFullYear());
  const found = stretches.findLast(({ from }) => from <= at);
  if (found === undefined) throw new RangeError(`${at} is no instant.`);
  return found;
}

/** The changes of the clock from `from` to `to`, both included, in ascending order. */
export function clockChanges(timeZone: string, from: number, to: number): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  for (let stretch = stretchAt(timeZone, from); stretch.from <= to; stretch = stretchAt(timeZone, stretch.to)) {
    const { from: at, offset: after, before } = stretch;
    if (before !== undefined && at >= from && at > (changes.at(-1)?.at ?? Number.NEGATIVE_INFINITY))
      changes.push({ at, before, after });
  }
  return changes;
}

function stretchesOfYear(timeZone: string, year: number): readonly Stretch[] {
  const key = `${timeZone}|${year}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const [start, end] = [startOfYear(year), startOfYear(year + 1)];
  const stretches: Stretch[] = [];
  let last: Stretch = { from: start, to: end, offset: offsetAt(timeZone, start - lookMs) };
  for (let low = start - lookMs; low < end; low += lookMs) {
    step();
    // Two changes within a week are found one after the other.
    const high = Math.min(low + lookMs, end - 1);
    for (let from = low; offsetAt(timeZone, high) !== last.offset; ) {
      const at = changeWithin(timeZone, from, high, last.offset);
      stretches.push({ ...last, to: at });
      last = { from: at, to: end, offset: offsetAt(timeZone, at), before: last.offset };
      from = at;
    }
  }
  // One that ended before the year is never found: the next one begins before the year, too.
  const ofYear = [...stretches, last];
  if (known.size >= rememberedYears) known.clear();
  known.set(key, ofYear);
  return ofYear;
}

function startOfYear(year: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, 0, 1);
  return date.getTime();
}

/** The first minute at which the offset is no longer `before`. */
function changeWithin(timeZone: string, low: number, high: number, before: number): number {
  let [last, first] = [Math.floor(low / minuteMs), Math.ceil(high / minuteMs)];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(timeZone, middle * minuteMs) === before) last = middle;
    else first = middle;
  }
  return first * minuteMs;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const found = formats.get(timeZone);
  if (found !== undefined) return found;
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
  if (formats.size >= rememberedZones) formats.clear();
  formats.set(timeZone, made);
  return made;
}

/** In whole minutes: before 1972 a few zones had seconds, which no recurrence can name. */
function offsetAt(timeZone: string, at: number): number {
  if (timeZone === 'Etc/UTC' || timeZone === 'UTC') return 0;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = (
    formatOf(timeZone).format(at).match(/\d+/g) ?? []
  ).map(Number);
  const shown = new Date(0);
  shown.setUTCFullYear(year, month - 1, day);
  shown.setUTCHours(hour, minute, second);
  return Math.round((shown.getTime() - Math.floor(at / 1000) * 1000) / minuteMs) * minuteMs;
}
