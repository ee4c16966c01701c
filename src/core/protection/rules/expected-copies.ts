/**
 * When a schedule should have brought a copy, by the slots that it has. One copy may fail, so a copy is expected by the
 * second slot after the last one, with time for the backup to run: half of the time between the two, four hours at most.
 *
 * It counts from the last good copy of the schedule itself, or for the most frequent schedule from one that somebody asked
 * for; without one from its creation, and never from before its
 * last change, because slots of an older recurrence say nothing. So a monthly schedule that fails for a year is named,
 * although the daily ones keep the application within its target.
 */
import { type Recurrence, slotAfter } from '../../time/rules/slots.ts';
import type { FiringSchedule } from './protection.ts';
import type { PeriodOf } from './protection-target.ts';

export const maxRunMs = 4 * 3_600_000;

const ms = Date.parse;

/** The two slots that follow `since`; fewer when the recurrence ends. */
export type NextTwo = (recurrence: Recurrence, since: string) => readonly string[];

const rememberedCount = 20_000;

/** Remembers the slots: `since` changes with each copy only, and many schedules share it. */
export function memoizedNextTwo(): NextTwo {
  const known = new Map<string, readonly string[]>();
  return (recurrence, since) => {
    const { schedule, at, timeZone, startsAt, endsAt } = recurrence;
    const key = [schedule, at, timeZone, startsAt, endsAt, since].join('|');
    const found = known.get(key) ?? nextTwo(recurrence, since);
    if (known.size >= rememberedCount) known.clear();
    known.set(key, found);
    return found;
  };
}

function nextTwo(recurrence: Recurrence, since: string): readonly string[] {
  const first = slotAfter(recurrence, since);
  const second = first === undefined ? undefined : slotAfter(recurrence, first);
  return [first, second].filter((slot) => slot !== undefined);
}

/** From when on copies of the schedule are expected. */
function expectedSince({ lastGood, servedAt, createdAt, updatedAt }: FiringSchedule): string {
  const [latest = createdAt] = [lastGood?.startedAt, servedAt, createdAt, updatedAt]
    .filter((at) => at !== undefined)
    .toSorted((a, b) => ms(b) - ms(a));
  return latest;
}

/** In milliseconds; `undefined` for a schedule that will not fire twice. */
export function copyExpectedBy(schedule: FiringSchedule, nextTwoSlots: NextTwo): number | undefined {
  const [first, second] = nextTwoSlots(schedule, expectedSince(schedule));
  if (first === undefined || second === undefined) return undefined;
  return ms(second) + (schedule.spreadSeconds ?? 0) * 1000 + Math.min((ms(second) - ms(first)) / 2, maxRunMs);
}

/**
 * Whether the copy is overdue. The period of the expression is remembered for all schedules, so the slots are computed
 * only for a schedule that has had no copy for that long.
 */
export function isOverdue(schedule: FiringSchedule, nowMs: number, periodOf: PeriodOf, slots: NextTwo): boolean {
  if (schedule.schedule === undefined || schedule.nextFireAt === undefined) return false;
  const period = periodOf(schedule.schedule);
  if (period === undefined || nowMs <= ms(expectedSince(schedule)) + period * 1000) return false;
  const expected = copyExpectedBy(schedule, slots);
  return expected !== undefined && nowMs > expected;
}

/** The schedules; the most frequent ones of those that fire are served by a copy that somebody asked for at `askedAt`. */
export function servedSchedules(
  schedules: readonly FiringSchedule[],
  askedAt: string | undefined,
  periodOf: PeriodOf,
): readonly FiringSchedule[] {
  const periods = schedules.map(({ schedule, nextFireAt }) =>
    schedule === undefined || nextFireAt === undefined ? undefined : periodOf(schedule),
  );
  const least = Math.min(...periods.filter((period) => period !== undefined));
  return askedAt === undefined
    ? schedules
    : schedules.map((schedule, index) => (periods[index] === least ? { ...schedule, servedAt: askedAt } : schedule));
}
