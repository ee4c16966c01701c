/**
 * Which of the slots that have passed is fired, and what becomes of the others in the ledger: missedFires and
 * startingDeadlineSeconds say.
 */

import { type Passed, slotBefore } from '../../time/rules/slots.ts';
import type { DueSchedule } from './due.ts';
import { dueDelayMs, type FireOutcome, type FireReason } from './ledger.ts';

/** What is fired within this time of its slot is on time. */
export const lateAfterMs = 60_000;
/** With missedFires All: how many of the slots that passed are made up for at most; older ones are coalesced. */
export const maxCatchUp = 100;

const ms = Date.parse;

export interface Chosen {
  /** The slots to be fired, oldest first. */
  readonly slots: readonly string[];
  /** What becomes of the slots before them. */
  readonly rows: readonly { outcome: FireOutcome; reason: FireReason; first: string; last: string; count: number }[];
}

/** Which of the passed slots is fired, and what becomes of the others, by missedFires and the deadline. */
export function choose(schedule: DueSchedule, passed: Passed, now: string, offset: number): Chosen {
  const { first, newest, count, beforeNewest = passed.first } = passed;
  const deadlineMs = (schedule.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const newestDelay = dueDelayMs(newest, now, offset);
  if (newestDelay > deadlineMs)
    return { slots: [], rows: [{ outcome: 'Skipped', reason: 'DeadlineExceeded', first, last: newest, count }] };
  switch (schedule.missedFires) {
    case 'Latest': {
      const reason = schedule.deferredReason ?? 'ServiceDown';
      return {
        slots: [newest],
        rows: count === 1 ? [] : [{ outcome: 'Coalesced', reason, first, last: beforeNewest, count: count - 1 }],
      };
    }
    case 'None': {
      const timely =
        newestDelay <= (schedule.startingDeadlineSeconds === undefined ? lateAfterMs : deadlineMs) ||
        schedule.deferredReason !== undefined;
      if (!timely) return { slots: [], rows: [{ outcome: 'Skipped', reason: 'Missed', first, last: newest, count }] };
      return {
        slots: [newest],
        rows:
          count === 1 ? [] : [{ outcome: 'Skipped', reason: 'Missed', first, last: beforeNewest, count: count - 1 }],
      };
    }
    case 'All':
      return chooseAll(schedule, passed, now, offset, deadlineMs);
  }
}

function chooseAll(schedule: DueSchedule, passed: Passed, now: string, offset: number, deadlineMs: number): Chosen {
  const slots = [passed.newest];
  let counted = 1;
  while (counted < Math.min(passed.count, maxCatchUp)) {
    const before = counted === passed.count - 1 ? passed.first : slotBefore(schedule, slots[0] ?? passed.newest);
    if (before === undefined || ms(before) < ms(passed.first) || dueDelayMs(before, now, offset) > deadlineMs) break;
    slots.unshift(before);
    counted += 1;
  }
  const left = passed.count - counted;
  if (left === 0) return { slots, rows: [] };
  const last = left === 1 ? passed.first : (slotBefore(schedule, slots[0] ?? passed.newest) ?? passed.first);
  const tooOld = dueDelayMs(last, now, offset) > deadlineMs;
  const row = { first: passed.first, last, count: left };
  return {
    slots,
    rows: [
      tooOld
        ? { ...row, outcome: 'Skipped', reason: 'DeadlineExceeded' }
        : { ...row, outcome: 'Coalesced', reason: 'ServiceDown' },
    ],
  };
}
