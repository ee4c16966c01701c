/**
 * Which of the slots that have passed are fired, and what becomes of the others in the ledger: missedFires and
 * startingDeadlineSeconds say.
 */

import { type Passed, slotBefore } from '../../../time/rules/slots.ts';
import { dueDelayMs, type Fate } from '../ledger.ts';
import type { Look } from './due-schedule.ts';

/** What is fired within this time of its slot is on time. */
export const lateAfterMs = 60_000;
/** With missedFires All: at most so many of the slots that passed are made up for; older ones are coalesced. */
export const maxCatchUp = 100;

const ms = Date.parse;

export interface ChosenSlots {
  /** The slots to be fired, oldest first. */
  readonly slots: readonly string[];
  /** What becomes of the slots before them. */
  readonly fates: readonly Fate[];
}

export function chooseSlots(look: Look, passed: Passed): ChosenSlots {
  const { schedule, now, offsetSeconds } = look;
  const { first, newest, count, beforeNewest = passed.first } = passed;
  const deadlineMs = (schedule.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const newestDelay = dueDelayMs(newest, now, offsetSeconds);
  if (newestDelay > deadlineMs)
    return { slots: [], fates: [{ outcome: 'Skipped', reason: 'DeadlineExceeded', first, last: newest, count }] };
  switch (schedule.missedFires) {
    case 'Latest': {
      const reason = schedule.deferredReason ?? 'ServiceDown';
      return {
        slots: [newest],
        fates: count === 1 ? [] : [{ outcome: 'Coalesced', reason, first, last: beforeNewest, count: count - 1 }],
      };
    }
    case 'None': {
      const timely =
        newestDelay <= (schedule.startingDeadlineSeconds === undefined ? lateAfterMs : deadlineMs) ||
        schedule.deferredReason !== undefined;
      if (!timely) return { slots: [], fates: [{ outcome: 'Skipped', reason: 'Missed', first, last: newest, count }] };
      return {
        slots: [newest],
        fates:
          count === 1 ? [] : [{ outcome: 'Skipped', reason: 'Missed', first, last: beforeNewest, count: count - 1 }],
      };
    }
    case 'All':
      return chooseAll(look, passed, deadlineMs);
  }
}

function chooseAll({ schedule, now, offsetSeconds }: Look, passed: Passed, deadlineMs: number): ChosenSlots {
  const slots = [passed.newest];
  let counted = 1;
  while (counted < Math.min(passed.count, maxCatchUp)) {
    const before = counted === passed.count - 1 ? passed.first : slotBefore(schedule, slots[0] ?? passed.newest);
    if (before === undefined || ms(before) < ms(passed.first) || dueDelayMs(before, now, offsetSeconds) > deadlineMs)
      break;
    slots.unshift(before);
    counted += 1;
  }
  const left = passed.count - counted;
  if (left === 0) return { slots, fates: [] };
  const last = left === 1 ? passed.first : (slotBefore(schedule, slots[0] ?? passed.newest) ?? passed.first);
  const tooOld = dueDelayMs(last, now, offsetSeconds) > deadlineMs;
  const older = { first: passed.first, last, count: left };
  return {
    slots,
    fates: [
      tooOld
        ? { ...older, outcome: 'Skipped', reason: 'DeadlineExceeded' }
        : { ...older, outcome: 'Coalesced', reason: 'ServiceDown' },
    ],
  };
}
