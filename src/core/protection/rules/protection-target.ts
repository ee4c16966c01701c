/**
 * How old the last good copy of an application may be. The application class may set it. Else it is twice the period of
 * the most frequent schedule, so that one copy may fail before it is a breach.
 *
 * The period of an expression is the longest wait between two of its slots, so a schedule for weekdays is not late on a
 * Sunday. Changes of the clocks do not count, so that a target does not change with the date.
 */
import { longestGapMinutes } from '../../time/rules/cadence.ts';

export const TargetSources = ['applicationClass', 'schedules'] as const;

export interface Target {
  readonly seconds: number;
  readonly source: (typeof TargetSources)[number];
}

export type PeriodOf = (expression: string) => number | undefined;

/**
 * In seconds. The longest time between two slots is remembered with the expression. One that cannot be read any more has
 * none: its schedule says so.
 */
export function memoizedPeriod(): PeriodOf {
  return (expression) => {
    try {
      const minutes = longestGapMinutes(expression);
      return minutes === undefined ? undefined : minutes * 60;
    } catch {
      return undefined;
    }
  };
}

/** `undefined` when the class sets none and no schedule recurs. */
export function targetOf(
  ofClass: number | undefined,
  expressions: readonly string[],
  periodOf: PeriodOf,
): Target | undefined {
  if (ofClass !== undefined) return { seconds: ofClass, source: 'applicationClass' };
  const periods = expressions.flatMap((expression) => periodOf(expression) ?? []);
  return periods.length === 0 ? undefined : { seconds: 2 * Math.min(...periods), source: 'schedules' };
}
