/**
 * Creates, changes, suspends, resumes and removes schedules. The scheduler looks only at `nextFireAt`. So each use case
 * here sets that time, and accounts in the ledger for the slots that have passed until now.
 */

import { acceptSchedule } from '../acceptance/accept.ts';
import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import { minimumIntervalSeconds } from '../access/organizations.ts';
import type { QuotasTable } from '../access/ports.ts';
import { actor } from '../access/rules/access.ts';
import { refuseBeyondQuota } from '../access/rules/quotas.ts';
import { ttlIn } from '../applications/rules/setting.ts';
import { askedSetting, settingOf } from '../applications/setting.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { droppedWarnings } from '../kernel/rules/json/partial-document.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { blackoutWindows } from './blackout-windows.ts';
import { type DraftTables, draftSchedule } from './draft.ts';
import { holdsNow } from './holds.ts';
import { forgetAhead, lookAhead } from './next-slots.ts';
import type { FiresTable, SchedulesTable } from './ports.ts';
import {
  accountForChange,
  accountForPassed,
  accountForRemoval,
  awakened,
  passedOver,
  rescheduled,
  silenced,
} from './rules/accounting.ts';
import type { Fire } from './rules/ledger.ts';
import { countedFromNow } from './rules/next-slot.ts';
import { blackoutWarnings } from './rules/preview.ts';
import { refuseRemovalUnderProtectionPlan, refuseWhatProtectionPlanDecides } from './rules/protection-plan-schedule.ts';
import { changedFields, eventOfSchedule } from './rules/reasons.ts';
import { checkRecurrence } from './rules/recurrence/check-recurrence.ts';
import { moveWarnings, retentionWarnings } from './rules/recurrence/recurrence-warnings.ts';
import {
  afterRemoval,
  type NewSchedule,
  type RemovedSchedule,
  type ResumedSchedule,
  type Schedule,
  type ScheduleChange,
  withChange,
} from './rules/schedule.ts';

/** A schedule as it was saved, with its warnings. */
export type Saved = Schedule & { readonly warnings: string[] };

export async function createSchedule(
  call: Call<DraftTables & SchedulesTable & QuotasTable & EventsTable>,
  input: NewSchedule,
): Promise<Saved> {
  const { schedule, warnings } = await draftSchedule(call, input);
  const { organizationId, clusterId } = schedule;
  refuseBeyondQuota('schedules', await call.tx.quotas.usage('schedules', organizationId, clusterId));
  await call.tx.schedules.insert(schedule);
  // The row now refers to the application, so none retires it before the commit; one that just has is found here.
  await askedSetting(call, schedule.applicationInstanceId);
  await record(call, schedule, 'ScheduleCreated', `Created by ${actor(call.caller)}.`);
  return { ...schedule, warnings: [...warnings] };
}

export async function changeSchedule(
  call: Call<DraftTables & SchedulesTable & FiresTable & EventsTable>,
  id: string,
  change: ScheduleChange,
  revision?: ExpectedRevisions,
): Promise<Saved> {
  const { tx, caller, now, vault } = call;
  const known = await forgetAhead(tx, await ownLocked(tx.schedules, caller, 'schedule', id), now);
  refuseWhatProtectionPlanDecides(known, change);
  const recurs = ['schedule', 'timeZone', 'startsAt', 'endsAt', 'spreadSeconds'].some((key) =>
    Object.hasOwn(change, key),
  );
  const wanted = withChange(known, change, now);
  const setting = await settingOf(call, wanted.applicationInstanceId);
  const { ttl } = ttlIn(setting, { schedule: wanted.ttl, cadence: wanted.cadence });
  const { warnings } =
    recurs || change.ttl !== undefined
      ? checkRecurrence(wanted, ttl, now, recurs ? await minimumIntervalSeconds(call) : undefined)
      : { warnings: change.cadence === undefined ? [] : retentionWarnings(wanted, ttl, now) };
  const accepted =
    change.template === undefined && change.ttl === undefined ? [] : await acceptSchedule(call, setting, wanted);
  // Slots of the old recurrence that have passed are accounted for by it. The newest is still fired, unless suspended.
  const settled = recurs ? accountForChange(known, wanted, now, vault) : { schedule: known, fires: [] };
  const { nextSlotAt, nextFireAt, accountedUntil } = settled.schedule;
  const moved = { ...wanted, nextSlotAt, nextFireAt, accountedUntil };
  const next = recurs ? rescheduled(moved, now) : countedFromNow(moved, now);
  await appendFires(call, settled.fires);
  const turned = turnedBySuspend(
    call,
    known,
    change.suspend === undefined ? next : { ...next, suspend: change.suspend },
  );
  await appendFires(call, turned.fires);
  await recordChange(call, known, turned.schedule);
  const skipped =
    known.suspend && !turned.schedule.suspend ? passedOver(turned.schedule, turned.fires, now) : undefined;
  const between = recurs ? moveWarnings(known, turned.schedule, now) : [];
  const blackedOut = recurs ? blackoutWarnings(turned.schedule, await blackoutWindows(call), now) : [];
  const resumes = known.suspend && !turned.schedule.suspend;
  const holds = recurs || resumes ? await holdsNow(call, turned.schedule) : [];
  return {
    ...(await tx.schedules.update(atRevision(turned.schedule, revision))),
    warnings: [
      ...(skipped?.skippedSlotCount ? [skipped.note] : []),
      ...warnings,
      ...between,
      ...accepted,
      ...blackedOut,
      ...holds.map(({ message }) => message),
      ...droppedOfTemplate(known, change),
    ],
  };
}

/** A change of `suspend` does the same as the actions suspend and resume without a body. */
function turnedBySuspend(
  { now, vault }: Call<unknown>,
  known: Schedule,
  next: Schedule,
): { schedule: Schedule; fires: readonly Fire[] } {
  if (next.suspend) return { schedule: silenced(next), fires: [] };
  if (!known.suspend) return { schedule: next, fires: [] };
  const { suspendReason: _reason, resumeAt: _at, nextFireAt: _fire, ...resumed } = next;
  const settled = accountForPassed(resumed, 'Suspended', false, now, vault);
  return { ...settled, schedule: awakened(countedFromNow(settled.schedule, now)) };
}

/** Nothing fires until it is resumed, or until `resumeAt`. */
export async function suspendSchedule(
  call: Call<SchedulesTable & FiresTable & EventsTable>,
  id: string,
  input: { reason?: string | undefined; resumeAt?: string | undefined },
): Promise<Schedule> {
  const { tx, caller, now } = call;
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  if (input.resumeAt !== undefined && Date.parse(input.resumeAt) <= Date.parse(now))
    throw ruleViolated('/resumeAt', 'must be in the future.');
  const { suspendReason: _reason, resumeAt: _at, ...rest } = await forgetAhead(tx, known, now);
  const { reason: suspendReason, resumeAt } = input;
  const suspended = silenced({
    ...countedFromNow(rest, now),
    suspend: true,
    ...(suspendReason !== undefined && { suspendReason }),
    ...(resumeAt !== undefined && { resumeAt }),
    updatedAt: now,
  });
  await record(
    call,
    suspended,
    'Suspended',
    `Suspended by ${actor(caller)}${suspendReason === undefined ? '' : `: ${suspendReason}`}.`,
  );
  return tx.schedules.update(suspended);
}

/**
 * Slots that passed during the suspension are in the ledger as skipped. With catchUp Latest the newest is fired now.
 * With `dryRun` nothing is written, and nothing fires.
 */
export async function resumeSchedule(
  call: Call<SchedulesTable & FiresTable & EventsTable>,
  id: string,
  catchUp: 'Latest' | 'None',
  dryRun = false,
): Promise<ResumedSchedule> {
  const { tx, caller, now, vault } = call;
  const known = await ownLocked(tx.schedules, caller, 'schedule', id);
  if (!known.suspend) return { ...known, skippedSlotCount: 0, note: 'The schedule was not suspended.' };
  const current = dryRun ? (await lookAhead(tx, known, now)).schedule : await forgetAhead(tx, known, now);
  const { suspendReason: _reason, resumeAt: _at, nextFireAt: _fire, ...rest } = current;
  const settled = accountForPassed(
    { ...rest, suspend: false, updatedAt: now },
    'Suspended',
    catchUp === 'Latest',
    now,
    vault,
  );
  const resumed = awakened(countedFromNow(settled.schedule, now));
  const passed = passedOver(resumed, settled.fires, now);
  if (dryRun) return { ...resumed, ...passed };
  await appendFires(call, settled.fires);
  const saved = await tx.schedules.update(resumed);
  await record(call, known, 'Resumed', `Resumed by ${actor(caller)}. ${passed.note}`);
  return { ...saved, ...passed };
}

/**
 * The schedule fires no more. Its ledger stays, and each of its copies stays until its ttl ends. Returns what stays.
 */
export async function removeSchedule(
  call: Call<SchedulesTable & FiresTable & EventsTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<RemovedSchedule> {
  const { tx, caller, now, vault } = call;
  const known = await forgetAhead(tx, await ownAsRead(tx.schedules, caller, 'schedule', id, revision), now);
  refuseRemovalUnderProtectionPlan(known);
  await appendFires(call, accountForRemoval(known, now, vault));
  const made = await tx.schedules.made(id, now);
  await tx.schedules.remove(caller.organizationId, id);
  await record(call, known, 'ScheduleRemoved', `Removed by ${actor(caller)}. ${afterRemoval(made)}`);
  return { id, name: known.name, ...made, note: afterRemoval(made) };
}

async function appendFires({ tx }: Call<FiresTable>, fires: readonly Fire[]): Promise<void> {
  if (fires.length > 0) await tx.fires.append(fires);
}

async function record(
  { tx, now }: Call<EventsTable>,
  schedule: Schedule,
  reason: Parameters<typeof eventOfSchedule>[1],
  message: string,
): Promise<void> {
  await tx.events.append([eventOfSchedule(schedule, reason, message, now)]);
}

/** A change that changes nothing makes no event. */
async function recordChange(call: Call<EventsTable>, known: Schedule, changed: Schedule): Promise<void> {
  const by = actor(call.caller);
  const fields = changedFields(known, changed);
  if (fields !== undefined) await record(call, changed, 'ScheduleChanged', `Changed by ${by}: ${fields}.`);
  if (known.suspend !== changed.suspend)
    await record(
      call,
      changed,
      changed.suspend ? 'Suspended' : 'Resumed',
      `${changed.suspend ? 'Suspended' : 'Resumed'} by ${by}.`,
    );
}

function droppedOfTemplate({ template: known }: Schedule, { template }: ScheduleChange): readonly string[] {
  return droppedWarnings('template.parameters', known.parameters ?? {}, template && (template.parameters ?? {}));
}
