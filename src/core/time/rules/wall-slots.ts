/**
 * The slots of an expression on a wall clock that is never changed. Wall times are milliseconds, as if they were in UTC.
 * They are found month by month, so a month costs the same whether it has one slot or 44,640.
 */
import type { Cron } from './cron/cron.ts';
import { step } from './steps.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
/** From one 29 February to the next, over a century year that is no leap year, and the month to begin in. */
const lookedAtMonths = 12 * 8 + 2;

/** The first slot at or after this wall time; `undefined` when no date matches. */
export function wallSlotFrom(cron: Cron, wall: number): number | undefined {
  const minute = Math.ceil(wall / minuteMs) * minuteMs;
  const begin = new Date(minute);
  let [year, month] = [begin.getUTCFullYear(), begin.getUTCMonth()];
  let start = monthStart(year, month);
  for (let looked = 0; looked < lookedAtMonths; looked += 1) {
    step();
    const first = looked === 0 ? begin.getUTCDate() : 1;
    for (let bits = cron.daysOf(year, month) & -(2 ** first); bits !== 0; bits &= bits - 1) {
      const day = start + (30 - Math.clz32(bits & -bits)) * dayMs;
      const time = cron.times[day < minute ? cron.timesBefore((minute - day) / minuteMs) : 0];
      if (time !== undefined) return day + time * minuteMs;
    }
    [year, month] = month === 11 ? [year + 1, 0] : [year, month + 1];
    start = monthStart(year, month);
  }
  return undefined;
}

/** The last slot at or before this wall time; `undefined` when no date matches. */
export function wallSlotUntil(cron: Cron, wall: number): number | undefined {
  const minute = Math.floor(wall / minuteMs) * minuteMs;
  const begin = new Date(minute);
  let [year, month] = [begin.getUTCFullYear(), begin.getUTCMonth()];
  for (let looked = 0; looked < lookedAtMonths; looked += 1) {
    step();
    const start = monthStart(year, month);
    const days = cron.daysOf(year, month);
    for (let date = looked === 0 ? begin.getUTCDate() : 31; date >= 1; date -= 1) {
      if ((days & (2 ** date)) === 0) continue;
      const day = start + (date - 1) * dayMs;
      const count = cron.timesBefore(Math.min(1_440, (minute - day) / minuteMs + 1));
      const time = cron.times[count - 1];
      if (time !== undefined) return day + time * minuteMs;
    }
    [year, month] = month === 0 ? [year - 1, 11] : [year, month - 1];
  }
  return undefined;
}

/** How many slots lie from `from` (included) to a wall time (excluded) that is not after `to`. */
export function wallSlotCounter(cron: Cron, from: number, to: number): (at: number) => number {
  const begin = new Date(from);
  const [firstYear, firstMonth] = [begin.getUTCFullYear(), begin.getUTCMonth()];
  const daysBefore: number[] = [0];
  const monthOf = (index: number) =>
    [firstYear + Math.floor((firstMonth + index) / 12), (firstMonth + index) % 12] as const;
  for (let index = 0; monthStart(...monthOf(index)) < to; index += 1) {
    step();
    daysBefore.push((daysBefore.at(-1) ?? 0) + bitCount(cron.daysOf(...monthOf(index))));
  }
  const perDay = cron.times.length;
  const until = (wall: number): number => {
    const at = new Date(wall);
    const [year, month, date] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
    const index = (year - firstYear) * 12 + month - firstMonth;
    const days = cron.daysOf(year, month);
    const whole = (daysBefore[index] ?? 0) + bitCount(days & (2 ** date - 1));
    if ((days & (2 ** date)) === 0) return whole * perDay;
    const minutes = Math.ceil((wall - Math.floor(wall / dayMs) * dayMs) / minuteMs);
    return whole * perDay + cron.timesBefore(minutes);
  };
  const before = until(from);
  return (at) => until(at) - before;
}

function monthStart(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime();
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
