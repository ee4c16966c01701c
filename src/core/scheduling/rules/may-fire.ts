/** Whether a slot may be fired now, and when it is looked at again if not. */

import { shifted } from '../../time/rules/slots.ts';
import { blackoutAt } from './blackout.ts';
import type { DueSchedule, Surroundings } from './due.ts';
import type { FireReason } from './ledger.ts';

/** What waits for something else to end is looked at so often. */
export const lookAgainSeconds = 10;
const ms = Date.parse;

/** What keeps a slot from being fired now: with `until` it waits, without it is skipped. */
export function gate(
  schedule: DueSchedule,
  around: Surroundings,
  slot: string,
  now: string,
  offset: number,
): { reason: FireReason; until?: string } | undefined {
  const skipped = blackoutAt(around.windows, schedule, shifted(slot, offset));
  if (skipped?.behavior === 'Skip') return { reason: 'Blackout' };
  const blackout = blackoutAt(around.windows, schedule, now);
  if (blackout !== undefined)
    return blackout.behavior === 'Skip' ? { reason: 'Blackout' } : { reason: 'Blackout', until: blackout.until };
  const until = shifted(now, lookAgainSeconds);
  if (schedule.restoring) return { reason: 'RestoreInFlight', until };
  if (schedule.concurrencyPolicy === 'Forbid' && schedule.inFlightId !== undefined)
    return { reason: 'PreviousInFlight', until };
  if ((around.room.get(schedule.clusterId) ?? 1) <= 0) return { reason: 'ClusterBusy', until };
  return undefined;
}

/** When a slot that waits is looked at again: then, or when the next slot or its deadline comes before. */
export function lookAgain(
  schedule: DueSchedule,
  slot: string,
  next: string | undefined,
  until: string,
  now: string,
  offset: number,
): string {
  const moments = [until];
  if (next !== undefined) moments.push(shifted(next, offset));
  if (schedule.startingDeadlineSeconds !== undefined)
    moments.push(shifted(slot, offset + schedule.startingDeadlineSeconds + 1));
  const coming = moments.filter((moment) => ms(moment) > ms(now)).toSorted();
  return coming[0] ?? until;
}
