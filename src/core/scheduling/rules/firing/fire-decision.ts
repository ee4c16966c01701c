/**
 * What becomes of a due schedule at one look. Pure: the claimed row, its surroundings and the time in; a value out.
 *
 *   NotYet    no slot has come: the next one is still ahead, or there is none any more
 *   Stopped   the schedule, its organization or its cluster is suspended: all slots that have passed are skipped
 *   Skipped   none of the slots that have passed is fired
 *   Waits     a slot may be fired later: it stays the first that is not accounted for, and is looked at again
 *   Fires     slots become Operations
 */

import { type memoizedPassedSlots, type Passed, shifted } from '../../../time/rules/slots.ts';
import type { Fate, FireReason } from '../ledger.ts';
import type { Look, Surroundings } from './due-schedule.ts';
import { type ChosenSlots, chooseSlots } from './missed-fires.ts';
import { nextLookAt, type Obstacle, obstacleTo, suspendedBy } from './obstacle.ts';

export type FireDecision = NotYet | Stopped | Skipped | Waits | Fires;

export interface NotYet {
  readonly kind: 'NotYet';
}

export interface Stopped {
  readonly kind: 'Stopped';
  readonly reason: FireReason;
  readonly passed: Passed;
}

export interface Skipped {
  readonly kind: 'Skipped';
  /** Of all slots that have passed, oldest first. */
  readonly fates: readonly Fate[];
  readonly passed: Passed;
}

export interface Waits {
  readonly kind: 'Waits';
  readonly reason: FireReason;
  /** The first slot that is not accounted for. */
  readonly first: string;
  readonly lookAgainAt: string;
}

export interface Fires {
  readonly kind: 'Fires';
  /** Of the slots before those that are fired, oldest first. */
  readonly fates: readonly Fate[];
  /** Each becomes an Operation, oldest first; at least one. */
  readonly slots: readonly string[];
  /** The first of the slots that have passed and wait for their turn. */
  readonly remaining?: string | undefined;
  /** The Operation that is cancelled for the new one. */
  readonly replacesId?: string | undefined;
  readonly passed: Passed;
}

type PassedSlots = ReturnType<typeof memoizedPassedSlots>;

export function decideFire(look: Look, around: Surroundings, passedSlots: PassedSlots): FireDecision {
  const { schedule, now, offsetSeconds } = look;
  const { nextSlotAt } = schedule;
  const until = shifted(now, -offsetSeconds);
  if (nextSlotAt === undefined || Date.parse(nextSlotAt) > Date.parse(until)) return { kind: 'NotYet' };
  const passed = passedSlots(schedule, nextSlotAt, until);
  const suspended = suspendedBy(schedule);
  if (suspended !== undefined) return { kind: 'Stopped', reason: suspended, passed };
  const chosen = chooseSlots(look, passed);
  const [oldest] = chosen.slots;
  if (oldest === undefined) return { kind: 'Skipped', fates: chosen.fates, passed };
  const obstacle = obstacleTo(oldest, look, around);
  switch (obstacle?.effect) {
    case 'Wait':
      return waits(oldest, obstacle, look, passed);
    case 'Skip':
      return skipped(chosen, obstacle, passed);
    case undefined:
      return fires(chosen, look, around, passed);
  }
}

function waits(slot: string, { reason, until }: Obstacle & { effect: 'Wait' }, look: Look, passed: Passed): Waits {
  return { kind: 'Waits', reason, first: passed.first, lookAgainAt: nextLookAt(slot, until, passed.next, look) };
}

function skipped({ slots, fates }: ChosenSlots, { reason }: Obstacle, passed: Passed): Skipped {
  const [first = passed.newest, last = first] = [slots[0], slots.at(-1)];
  return {
    kind: 'Skipped',
    fates: [...fates, { outcome: 'Skipped', reason, first, last, count: slots.length }],
    passed,
  };
}

/** One at a time unless the schedule allows overlap: then as many as its cluster has room for. */
function fires({ slots, fates }: ChosenSlots, { schedule }: Look, { room }: Surroundings, passed: Passed): Fires {
  const { concurrencyPolicy, clusterId, inFlightId } = schedule;
  const atOnce = concurrencyPolicy === 'Allow' ? (room.get(clusterId) ?? slots.length) : 1;
  return {
    kind: 'Fires',
    fates,
    slots: slots.slice(0, atOnce),
    remaining: slots[atOnce],
    replacesId: concurrencyPolicy === 'Replace' ? inFlightId : undefined,
    passed,
  };
}
