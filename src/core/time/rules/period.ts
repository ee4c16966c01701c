/**
 * The longest time between two neighbouring slots of an expression, changes of the clocks aside. A copy has to last
 * that long until the next one is there.
 */
import { cronMatch } from './cron-match.ts';

const dayMinutes = 1440;
const from = Date.UTC(2027, 0, 1) / 86_400_000;
/** Twelve years: longer than from one 29 February to the next but one, even over a century year without. */
const lookAheadDays = 12 * 366;

/**
 * In minutes. `undefined` when the expression matches fewer than two days of twelve years, or `cronMatch` cannot read
 * it.
 */
export function periodMinutes(expression: string): number | undefined {
  const match = cronMatch(expression);
  if (match === undefined) return undefined;
  const minutes = Array.from({ length: dayMinutes }, (_, minute) => minute).filter(
    (minute) => match.slotsUntilMinute(minute) > match.slotsUntilMinute(minute - 1),
  );
  const [first, last] = [minutes[0], minutes.at(-1)];
  const days = Array.from({ length: lookAheadDays }, (_, n) => from + n).filter((day) => match.matchesDay(day));
  if (first === undefined || last === undefined || days.length < 2) return undefined;
  const betweenDays = longestStep(days) * dayMinutes - last + first;
  return Math.max(betweenDays, longestStep(minutes));
}

function longestStep(ordered: readonly number[]): number {
  return ordered.reduce((longest, value, index) => Math.max(longest, value - (ordered[index - 1] ?? value)), 0);
}
