/** Checks the recurrence of a schedule: what contradicts itself or never fires is refused, what is unwise is warned of. */
import { type Refusal, ruleViolated } from '../../../kernel/rules/problem.ts';
import { shortestGapSeconds, slotAfter } from '../../../time/rules/slots.ts';
import { uncomputable } from '../broken/computable.ts';
import type { Schedule } from '../schedule.ts';
import { recurrenceWarnings, retentionWarnings } from './recurrence-warnings.ts';

type Checked = Pick<
  Schedule,
  | 'schedule'
  | 'at'
  | 'timeZone'
  | 'startsAt'
  | 'endsAt'
  | 'spreadSeconds'
  | 'startingDeadlineSeconds'
  | 'concurrencyPolicy'
>;

/**
 * Refuses a recurrence that contradicts itself or never fires. Returns the first slot after `now`, and warnings. `ttl` is
 * the one that holds in the end, by whatever default.
 */
export function checkRecurrence(
  schedule: Checked,
  ttl: string,
  now: string,
  minimumIntervalSeconds?: number,
): { first: string; warnings: readonly string[] } {
  const { at, startsAt, endsAt, spreadSeconds = 0, startingDeadlineSeconds } = schedule;
  if ((schedule.schedule === undefined) === (at === undefined))
    throw ruleViolated('/schedule', 'Give either `schedule` (a recurrence) or `at` (a single time).');
  if (at !== undefined && Date.parse(at) <= Date.parse(now)) throw ruleViolated('/at', 'must be in the future.');
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(endsAt) < Date.parse(startsAt))
    throw ruleViolated('/endsAt', 'must not be before startsAt.');
  const unreadable = uncomputable(schedule);
  if (unreadable !== undefined) throw unreadable;
  const first = slotAfter(schedule, now);
  if (first === undefined) throw neverFires(schedule);
  const gap = shortestGapSeconds(schedule, now);
  if (gap === undefined) return { first, warnings: [] };
  if (spreadSeconds > gap) {
    throw ruleViolated(
      '/spreadSeconds',
      `is longer than the ${gap} s between slots: slots would overtake each other. Make it at most ${gap}.`,
    );
  }
  if (minimumIntervalSeconds !== undefined && gap < minimumIntervalSeconds) {
    throw ruleViolated(
      '/schedule',
      `fires every ${gap} s; the organization allows one fire every ${minimumIntervalSeconds} s at most.`,
    );
  }
  const warnings: string[] = [];
  if (
    startingDeadlineSeconds !== undefined &&
    startingDeadlineSeconds > gap &&
    schedule.concurrencyPolicy === 'Forbid'
  ) {
    warnings.push(
      `startingDeadlineSeconds (${startingDeadlineSeconds}) is longer than the ${gap} s between slots: with Forbid, the next slot takes the place of a waiting one before the deadline of that one.`,
    );
  }
  return {
    first,
    warnings: [...warnings, ...recurrenceWarnings(schedule, now), ...retentionWarnings(schedule, ttl, now)],
  };
}

function neverFires({ schedule, endsAt }: Checked): Refusal {
  if (endsAt !== undefined)
    return ruleViolated('/endsAt', 'leaves no slot in the future: the schedule would never fire.');
  return ruleViolated(
    '/schedule',
    `"${schedule ?? ''}" never fires (no date matches it). For the last day of a month, write L as the day of month.`,
  );
}
