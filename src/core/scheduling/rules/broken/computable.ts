/**
 * Recurrences that are stored and cannot be computed any more: the zone is unknown to this version of the time zone
 * database, or somebody changed the row. Such a schedule is put aside when it is due; its slots wait for its repair.
 */
import { type Refusal, ruleViolated } from '../../../kernel/rules/problem.ts';
import { nextSlot } from '../../../time/rules/recurrence.ts';

interface Recurring {
  readonly schedule?: string | undefined;
  readonly timeZone: string;
}

const anyTime = '2026-01-01T00:00:00.000Z';

/** Says which field keeps the slots from being computed, and what to do; `undefined` when they can be. */
export function uncomputable({ schedule, timeZone }: Recurring): Refusal | undefined {
  if (!canBeComputed('0 0 * * *', timeZone))
    return ruleViolated('/timeZone', `The zone "${timeZone}" is not known here. Set timeZone to another.`);
  if (schedule !== undefined && !canBeComputed(schedule, 'Etc/UTC'))
    return ruleViolated('/schedule', `The recurrence "${schedule}" cannot be read. Set schedule to another.`);
  return undefined;
}

const rememberedCount = 1_000;
/** By expression and zone, on which it depends and on nothing else: schedules share a few, and lists ask for many. */
const known = new Map<string, boolean>();

function canBeComputed(expression: string, timeZone: string): boolean {
  const key = `${expression}|${timeZone}`;
  const found = known.get(key) ?? computes(expression, timeZone);
  if (known.size >= rememberedCount) known.clear();
  known.set(key, found);
  return found;
}

function computes(expression: string, timeZone: string): boolean {
  try {
    nextSlot(expression, timeZone, anyTime);
    return true;
  } catch {
    return false;
  }
}
