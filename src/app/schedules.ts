/** Schedules: what recurs. The scheduler looks only at `nextFireAt`, so creating and changing is setting that right. */

import { ruleViolated } from '../domain/problem.ts';
import { inferCadence } from '../domain/recurrence.ts';
import {
  changedSchedule,
  firstSlot,
  type NewSchedule,
  type Schedule,
  type ScheduleChange,
} from '../domain/schedule.ts';
import { atRevision, type Call, own, ownLocked } from './call.ts';

export async function createSchedule({ tx, caller, now, vault }: Call, input: NewSchedule): Promise<Schedule> {
  const instance = await tx.applicationInstances.find(caller.organizationId, input.applicationInstanceId);
  if (instance === undefined) {
    throw ruleViolated('/applicationInstanceId', `There is no application instance ${input.applicationInstanceId}.`);
  }
  const {
    timeZone = 'Etc/UTC',
    suspend = false,
    template = {},
    cadence = inferCadence(input.schedule),
    ...given
  } = input;
  const first = firstSlot({ schedule: input.schedule, timeZone }, now);
  const made: Schedule = {
    ...given,
    id: vault.newId(),
    organizationId: caller.organizationId,
    clusterId: instance.clusterId,
    timeZone,
    suspend,
    cadence,
    template,
    ...(!suspend && { nextFireAt: first }),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.schedules.insert(made);
  return made;
}

export async function changeSchedule(
  { tx, caller, now }: Call,
  id: string,
  change: ScheduleChange,
  revision?: number,
): Promise<Schedule> {
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  return tx.schedules.update(changedSchedule(atRevision(known, revision), change, now));
}

/** No further fire; what it made stays, until its ttl, and so does its ledger. */
export async function removeSchedule({ tx, caller }: Call, id: string): Promise<void> {
  await own(tx.schedules, caller, 'schedule', id);
  await tx.schedules.remove(caller.organizationId, id);
}
