/**
 * How old the last good copy of an application may be. The application class may set it. Else it is twice the period of
 * the most frequent schedule, so that one copy may fail before it is a breach.
 *
 * The period of an expression is the longest wait between two of its slots, so a schedule for weekdays is not late on a
 * Sunday. It is measured from a fixed day and in UTC, so that a target does not change with the date or with the
 * clocks.
 */
import { memoizedNextSlot } from '../../time/rules/recurrence.ts';

export const TargetSources = ['applicationClass', 'schedules'] as const;

export interface Target {
  readonly seconds: number;
  readonly source: (typeof TargetSources)[number];
}

/** A Thursday: two working days, then a weekend. */
const measuredFrom = '2026-01-01T00:00:00.000Z';
const measuredSlotCount = 1000;
const measuredMs = 400 * 86_400_000;

/** The longest wait between two slots, in seconds; `undefined` for an expression that has no two. */
function periodSeconds(expression: string, nextSlot: ReturnType<typeof memoizedNextSlot>): number | undefined {
  const end = Date.parse(measuredFrom) + measuredMs;
  let longest: number | undefined;
  let slot = nextSlot(expression, 'Etc/UTC', measuredFrom);
  for (let count = 0; count < measuredSlotCount && slot !== undefined; count += 1) {
    const next = nextSlot(expression, 'Etc/UTC', slot);
    if (next === undefined) break;
    longest = Math.max(longest ?? 0, (Date.parse(next) - Date.parse(slot)) / 1000);
    if (Date.parse(next) > end) break;
    slot = next;
  }
  return longest;
}

export type PeriodOf = (expression: string) => number | undefined;

/** Remembers the period of each expression, which depends on nothing else. */
export function memoizedPeriod(): PeriodOf {
  const known = new Map<string, number | undefined>();
  return (expression) => {
    if (!known.has(expression)) known.set(expression, readablePeriod(expression));
    return known.get(expression);
  };
}

/** An expression that cannot be read any more has no period: what it means is told on its schedule. */
function readablePeriod(expression: string): number | undefined {
  try {
    return periodSeconds(expression, memoizedNextSlot());
  } catch {
    return undefined;
  }
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
