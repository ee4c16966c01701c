/**
 * Makes the schedules of an application instance follow its protection plan. Pure: the schedules that exist go in, the
 * rows to write come out.
 *
 * The application instance names its protection plan. The schedules that follow from it are rows like any other, with
 * the id of the protection plan and the name of the entry. So firing knows nothing of protection plans.
 *
 *   entry with a schedule      the schedule is changed, and keeps its ledger and all that a person set and no entry
 *                              decides
 *   entry without a schedule   a schedule is made
 *   schedule without an entry  the schedule is removed
 *   schedule made by hand      is left alone
 *
 * Slots that have passed are accounted for as in a change by hand.
 */

import { Refusal } from '../../kernel/rules/problem.ts';
import { accountForChange, accountForPassed, rescheduled, silenced } from '../../scheduling/rules/accounting.ts';
import type { Fire } from '../../scheduling/rules/ledger.ts';
import type { Schedule } from '../../scheduling/rules/schedule.ts';
import { dueAt } from '../../scheduling/rules/schedule.ts';
import { slotAfter } from '../../time/rules/slots.ts';
import type { ProtectionPlanEntry, StoredProtectionPlan } from './protection-plan.ts';

export interface ReconciledSchedules {
  readonly made: readonly Schedule[];
  readonly changed: readonly Schedule[];
  /** The schedules that follow the protection plan already. */
  readonly kept: readonly Schedule[];
  readonly removed: readonly Schedule[];
  readonly fires: readonly Fire[];
}

/** The application instance whose schedules are reconciled. */
export interface ReconciledInstance {
  readonly id: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly protectionPlanTimeZone?: string | undefined;
}

interface Tools {
  readonly newId: () => string;
}

function scheduleName(entry: string): string {
  return `plan-${entry}`;
}

/**
 * `known` are all schedules of the instance. Without a `plan`, all schedules that a protection plan made are removed.
 */
export function reconcileSchedules(
  instance: ReconciledInstance,
  plan: Pick<StoredProtectionPlan, 'id' | 'timeZone' | 'entries'> | undefined,
  known: readonly Schedule[],
  now: string,
  tools: Tools,
): ReconciledSchedules {
  const ofProtectionPlans = known.filter(({ protectionPlanId }) => protectionPlanId !== undefined);
  const entries = plan?.entries ?? [];
  const made: Schedule[] = [];
  const changed: Schedule[] = [];
  const kept: Schedule[] = [];
  const fires: Fire[] = [];
  for (const entry of entries) {
    const wanted = decidedBy(instance, plan, entry);
    const there = ofProtectionPlans.find(({ protectionPlanEntry }) => protectionPlanEntry === entry.name);
    if (there === undefined) {
      made.push(newSchedule(instance, wanted, known, now, tools));
    } else if (differs(there, wanted)) {
      const moved = changedSchedule(there, wanted, now, tools);
      changed.push(moved.schedule);
      fires.push(...moved.fires);
    } else {
      kept.push(there);
    }
  }
  const removed = ofProtectionPlans.filter(
    ({ protectionPlanEntry }) => !entries.some(({ name }) => name === protectionPlanEntry),
  );
  for (const each of removed) {
    fires.push(...accountForPassed(each, each.suspend ? 'Suspended' : 'ScheduleChanged', false, now, tools).fires);
  }
  return { made, changed, kept, removed, fires };
}

type DecidedByEntry = Pick<
  Schedule,
  'schedule' | 'timeZone' | 'cadence' | 'ttl' | 'spreadSeconds' | 'protectionPlanId' | 'protectionPlanEntry'
>;

function decidedBy(
  { protectionPlanTimeZone }: ReconciledInstance,
  plan: Pick<StoredProtectionPlan, 'id' | 'timeZone'> | undefined,
  { name, ...entry }: ProtectionPlanEntry,
): DecidedByEntry {
  return {
    ...entry,
    spreadSeconds: entry.spreadSeconds,
    timeZone: protectionPlanTimeZone ?? plan?.timeZone ?? 'Etc/UTC',
    protectionPlanId: plan?.id,
    protectionPlanEntry: name,
  };
}

const recurs = ['schedule', 'timeZone', 'spreadSeconds'] as const;
const all = [...recurs, 'cadence', 'ttl', 'protectionPlanId', 'protectionPlanEntry'] as const;

function differs(there: Schedule, wanted: DecidedByEntry, keys: readonly (keyof DecidedByEntry)[] = all): boolean {
  return keys.some((key) => there[key] !== wanted[key]);
}

function newSchedule(
  instance: ReconciledInstance,
  wanted: DecidedByEntry,
  known: readonly Schedule[],
  now: string,
  { newId }: Tools,
): Schedule {
  const name = scheduleName(wanted.protectionPlanEntry ?? '');
  const inTheWay = known.find((each) => each.name === name && each.protectionPlanId === undefined);
  if (inTheWay !== undefined) {
    throw new Refusal(
      'already-exists',
      `The application instance ${instance.namespace}/${instance.name} (${instance.id}) has a schedule ${name} that no protection plan made. Remove it, or give the entry of the protection plan another name.`,
      { existingId: inTheWay.id },
    );
  }
  const id = newId();
  const next = slotAfter(wanted, now);
  return {
    ...wanted,
    id,
    organizationId: instance.organizationId,
    applicationInstanceId: instance.id,
    clusterId: instance.clusterId,
    name,
    concurrencyPolicy: 'Forbid',
    missedFires: 'Latest',
    suspend: false,
    template: {},
    ...(next !== undefined && { nextSlotAt: next, nextFireAt: dueAt({ ...wanted, id }, next) }),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
}

/**
 * As a change by hand: slots that have passed are accounted for by the old recurrence, and the newest is still fired.
 */
function changedSchedule(
  there: Schedule,
  wanted: DecidedByEntry,
  now: string,
  tools: Tools,
): { schedule: Schedule; fires: readonly Fire[] } {
  const next = { ...there, ...wanted, updatedAt: now };
  if (!differs(there, wanted, recurs)) return { schedule: next, fires: [] };
  const settled = accountForChange(there, next, now, tools);
  const { nextSlotAt, nextFireAt, accountedUntil, deferredReason } = settled.schedule;
  const moved = rescheduled({ ...next, nextSlotAt, nextFireAt, accountedUntil, deferredReason }, now);
  return { schedule: moved.suspend ? silenced(moved) : moved, fires: settled.fires };
}
