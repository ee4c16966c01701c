/**
 * Schedules: what recurs. The scheduler looks only at `nextFireAt`, so creating, changing, suspending and resuming is
 * setting that right, and accounting for the slots that have passed until then.
 */

import { foresee } from '../acceptance/foresee.ts';
import { atRevision, type Call, ownAsRead, ownLocked } from '../access/call.ts';
import type { Caller } from '../access/rules/access.ts';
import { forewarned } from '../applications/adopt.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRemovalOfPlanned, refuseWhatPlanDecides } from '../protection-plans/rules/in-step.ts';
import { inferCadence } from '../time/rules/recurrence.ts';
import { blackoutWindows } from './preview.ts';
import { awakened, rescheduled, settle, silenced } from './rules/account.ts';
import type { Fire } from './rules/ledger.ts';
import { blackoutWarnings } from './rules/preview.ts';
import {
  afterRemoval,
  checkRecurrence,
  dueAt,
  type NewSchedule,
  type RemovedSchedule,
  type Schedule,
  type ScheduleChange,
  withChange,
} from './rules/schedule.ts';

/** A schedule as it was saved, with what is legal but unwise about it. */
export type Saved = Schedule & { readonly warnings: string[] };

export async function createSchedule(call: Call, input: NewSchedule): Promise<Saved> {
  const { tx, caller, now, vault } = call;
  const instance = await tx.applicationInstances.find(caller.organizationId, input.applicationInstanceId);
  if (instance === undefined) {
    throw ruleViolated('/applicationInstanceId', `There is no application instance ${input.applicationInstanceId}.`);
  }
  const {
    timeZone = 'Etc/UTC',
    suspend = false,
    template = {},
    concurrencyPolicy = 'Forbid',
    missedFires = 'Latest',
    ...rest
  } = input;
  const cadence = input.cadence ?? (input.schedule === undefined ? 'custom' : inferCadence(input.schedule));
  const id = vault.newId();
  const described = { ...rest, id, timeZone, concurrencyPolicy, missedFires };
  const { first, warnings } = checkRecurrence(described, now, await minimumInterval(call));
  const { clusterId } = instance;
  const doubts = await foresee(call, { ...described, clusterId, template });
  const forebodings = await forewarned(call, instance, 'Backup');
  const schedule: Schedule = {
    ...described,
    organizationId: caller.organizationId,
    clusterId,
    suspend,
    cadence,
    template,
    nextSlotAt: first,
    ...(!suspend && { nextFireAt: dueAt(described, first) }),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.schedules.insert(schedule);
  return {
    ...schedule,
    warnings: [...warnings, ...doubts, ...forebodings, ...blackoutWarnings(schedule, await blackoutWindows(call), now)],
  };
}

export async function changeSchedule(
  call: Call,
  id: string,
  change: ScheduleChange,
  revision?: number,
): Promise<Saved> {
  const { tx, caller, now, vault } = call;
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  refuseWhatPlanDecides(known, change);
  const recurs = ['schedule', 'timeZone', 'startsAt', 'endsAt', 'spreadSeconds'].some((key) =>
    Object.hasOwn(change, key),
  );
  const wanted = withChange(known, change, now);
  const { warnings } =
    recurs || change.ttl !== undefined
      ? checkRecurrence(wanted, now, recurs ? await minimumInterval(call) : undefined)
      : { warnings: [] };
  const doubts = change.template === undefined && change.ttl === undefined ? [] : await foresee(call, wanted);
  // What has passed under the old recurrence is settled under it; the newest is still fired, unless it was suspended.
  const settled = recurs
    ? settle(known, known.suspend ? 'Suspended' : 'ScheduleChanged', !known.suspend, now, vault)
    : { schedule: known, fires: [] };
  const { nextSlotAt, nextFireAt, accountedUntil } = settled.schedule;
  const moved = { ...wanted, nextSlotAt, nextFireAt, accountedUntil };
  const next = recurs ? rescheduled(moved, now) : moved;
  await appendFires(call, settled.fires);
  const turned = turnedBySuspend(
    call,
    known,
    change.suspend === undefined ? next : { ...next, suspend: change.suspend },
  );
  await appendFires(call, turned.fires);
  const blackedOut = recurs ? blackoutWarnings(turned.schedule, await blackoutWindows(call), now) : [];
  return {
    ...(await tx.schedules.update(atRevision(turned.schedule, revision))),
    warnings: [...warnings, ...doubts, ...blackedOut],
  };
}

/** A change of `suspend` does what the actions suspend and resume do without further words. */
function turnedBySuspend(
  { now, vault }: Call,
  known: Schedule,
  next: Schedule,
): { schedule: Schedule; fires: readonly Fire[] } {
  if (next.suspend) return { schedule: silenced(next), fires: [] };
  if (!known.suspend) return { schedule: next, fires: [] };
  const { suspendReason: _reason, resumeAt: _at, nextFireAt: _fire, ...resumed } = next;
  const settled = settle(resumed, 'Suspended', false, now, vault);
  return { ...settled, schedule: awakened(settled.schedule) };
}

/** Nothing fires until it is resumed, or until `resumeAt`. */
export async function suspendSchedule(
  call: Call,
  id: string,
  input: { reason?: string | undefined; resumeAt?: string | undefined },
): Promise<Schedule> {
  const { tx, caller, now } = call;
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  if (input.resumeAt !== undefined && Date.parse(input.resumeAt) <= Date.parse(now))
    throw ruleViolated('/resumeAt', 'must be in the future.');
  const { suspendReason: _reason, resumeAt: _at, ...rest } = known;
  const { reason: suspendReason, resumeAt } = input;
  const suspended = silenced({
    ...rest,
    suspend: true,
    ...(suspendReason !== undefined && { suspendReason }),
    ...(resumeAt !== undefined && { resumeAt }),
    updatedAt: now,
  });
  await tell(
    call,
    suspended,
    'Suspended',
    `Suspended by ${actor(caller)}${suspendReason === undefined ? '' : `: ${suspendReason}`}.`,
  );
  return tx.schedules.update(suspended);
}

/** Goes on. What passed meanwhile is in the ledger as skipped; with catchUp Latest the newest of it is fired now. */
export async function resumeSchedule(call: Call, id: string, catchUp: 'Latest' | 'None'): Promise<Schedule> {
  const { tx, caller, now, vault } = call;
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  if (!known.suspend) return known;
  const { suspendReason: _reason, resumeAt: _at, nextFireAt: _fire, ...rest } = known;
  const settled = settle({ ...rest, suspend: false, updatedAt: now }, 'Suspended', catchUp === 'Latest', now, vault);
  await appendFires(call, settled.fires);
  await tell(call, known, 'Resumed', `Resumed by ${actor(caller)}.`);
  return tx.schedules.update(awakened(settled.schedule));
}

/** No further fire; what it made stays, until its ttl, and so does its ledger. Says what stays. */
export async function removeSchedule(call: Call, id: string, revision?: number): Promise<RemovedSchedule> {
  const { tx, caller, now, vault } = call;
  const known = await ownAsRead(tx.schedules, caller, 'schedule', id, revision);
  refuseRemovalOfPlanned(known);
  await appendFires(call, settle(known, known.suspend ? 'Suspended' : 'ScheduleChanged', false, now, vault).fires);
  const made = await tx.schedules.made(id, now);
  await tx.schedules.remove(caller.organizationId, id);
  return { id, name: known.name, ...made, note: afterRemoval(made) };
}

export function actor(caller: Caller): string {
  return caller.onBehalfOf ?? caller.name;
}

async function appendFires({ tx }: Call, fires: readonly Fire[]): Promise<void> {
  if (fires.length > 0) await tx.fires.append(fires);
}

async function tell({ tx, now }: Call, schedule: Schedule, reason: string, message: string): Promise<void> {
  const { organizationId, clusterId, applicationInstanceId, id: scheduleId } = schedule;
  await tx.events.append([
    { organizationId, clusterId, applicationInstanceId, scheduleId, type: 'Normal', reason, message, at: now },
  ]);
}

async function minimumInterval({ tx, caller }: Call): Promise<number | undefined> {
  return (await tx.organizations.find(caller.organizationId, caller.organizationId))?.minimumIntervalSeconds;
}
