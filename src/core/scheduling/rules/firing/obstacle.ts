/** What keeps a due schedule from being fired now, and when a slot that waits is looked at again. */

import { shifted } from '../../../time/rules/slots.ts';
import { blackoutAt } from '../blackout.ts';
import type { FireReason } from '../ledger.ts';
import type { DueSchedule, Look, Surroundings } from './due-schedule.ts';

/** How long until a slot is looked at again that waits for something to end whose end nobody knows. */
export const lookAgainSeconds = 10;
const ms = Date.parse;

/** With Wait the slot may be fired later, at `until` at the earliest. */
export type Obstacle =
  | { readonly effect: 'Skip'; readonly reason: FireReason }
  | { readonly effect: 'Wait'; readonly reason: FireReason; readonly until: string };

/** Whether the schedule, its organization or its cluster is suspended. */
export function suspendedBy(schedule: DueSchedule): FireReason | undefined {
  if (schedule.suspend) return 'Suspended';
  if (schedule.organizationSuspend) return 'OrganizationSuspended';
  if (schedule.clusterSuspend) return 'ClusterSuspended';
  return undefined;
}

/** A blackout window, a restore of the application, the Operation before, or a cluster without room. */
export function obstacleTo(
  slot: string,
  { schedule, now, offsetSeconds }: Look,
  around: Surroundings,
): Obstacle | undefined {
  const ofSlot = blackoutAt(around.windows, schedule, shifted(slot, offsetSeconds));
  if (ofSlot?.behavior === 'Skip') return { effect: 'Skip', reason: 'Blackout' };
  const blackout = blackoutAt(around.windows, schedule, now);
  if (blackout?.behavior === 'Skip') return { effect: 'Skip', reason: 'Blackout' };
  if (blackout !== undefined) return { effect: 'Wait', reason: 'Blackout', until: blackout.until };
  const reason = busyWith(schedule, around);
  return reason === undefined ? undefined : { effect: 'Wait', reason, until: shifted(now, lookAgainSeconds) };
}

function busyWith(schedule: DueSchedule, { room }: Surroundings): FireReason | undefined {
  if (schedule.restoring) return 'RestoreInFlight';
  if (schedule.concurrencyPolicy === 'Forbid' && schedule.inFlightId !== undefined) return 'PreviousInFlight';
  if ((room.get(schedule.clusterId) ?? 1) <= 0) return 'ClusterBusy';
  return undefined;
}

/** When a slot that waits until `until` is looked at again: then, or when the `next` slot or its deadline comes before. */
export function nextLookAt(
  slot: string,
  until: string,
  next: string | undefined,
  { schedule, now, offsetSeconds }: Look,
): string {
  const moments = [until];
  if (next !== undefined) moments.push(shifted(next, offsetSeconds));
  if (schedule.startingDeadlineSeconds !== undefined)
    moments.push(shifted(slot, offsetSeconds + schedule.startingDeadlineSeconds + 1));
  const coming = moments.filter((moment) => ms(moment) > ms(now)).toSorted();
  return coming[0] ?? until;
}
