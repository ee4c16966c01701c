/**
 * Keeping an application instance's schedules in step with its protection plan. Pure: what is there in, what is to be
 * written out. Schedules go by the names of entries: one of the same name is changed and keeps its ledger, others are
 * made and removed; schedules made by hand are left alone. What a person set on a schedule and no plan decides stays.
 */

import { Refusal } from '../../kernel/rules/problem.ts';
import { rescheduled, settle, silenced } from '../../scheduling/rules/account.ts';
import type { Fire } from '../../scheduling/rules/ledger.ts';
import type { Schedule } from '../../scheduling/rules/schedule.ts';
import { dueAt } from '../../scheduling/rules/schedule.ts';
import { slotAfter } from '../../time/rules/slots.ts';
import type { ProtectionPlanEntry, StoredProtectionPlan } from './protection-plan.ts';

export interface ReconciledSchedules {
  readonly made: readonly Schedule[];
  readonly changed: readonly Schedule[];
  /** In step already. */
  readonly kept: readonly Schedule[];
  readonly removed: readonly Schedule[];
  readonly fires: readonly Fire[];
}

/** An application instance, and the plan that is to be in effect there from now on. */
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

export function scheduleName(entry: string): string {
  return `plan-${entry}`;
}

/** `known` are all schedules of the instance. Without a plan, those that a plan made are removed. */
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
    fires.push(...settle(each, each.suspend ? 'Suspended' : 'ScheduleChanged', false, now, tools).fires);
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
  if (known.some((each) => each.name === name && each.protectionPlanId === undefined)) {
    throw new Refusal(
      'already-exists',
      `The application instance ${instance.namespace}/${instance.name} (${instance.id}) has a schedule ${name} that no plan made. Remove it, or name the plan's entry otherwise.`,
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

/** As a change by hand: what has passed is settled under the old recurrence, and the newest is still fired. */
function changedSchedule(
  there: Schedule,
  wanted: DecidedByEntry,
  now: string,
  tools: Tools,
): { schedule: Schedule; fires: readonly Fire[] } {
  const next = { ...there, ...wanted, updatedAt: now };
  if (!differs(there, wanted, recurs)) return { schedule: next, fires: [] };
  const settled = settle(there, there.suspend ? 'Suspended' : 'ScheduleChanged', !there.suspend, now, tools);
  const { nextSlotAt, nextFireAt, accountedUntil, deferredReason } = settled.schedule;
  const moved = rescheduled({ ...next, nextSlotAt, nextFireAt, accountedUntil, deferredReason }, now);
  return { schedule: moved.suspend ? silenced(moved) : moved, fires: settled.fires };
}
