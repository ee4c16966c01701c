/**
 * The plan of a tick: for every due schedule, what becomes of the slots since it was last looked at. Pure: the claimed
 * rows, what is around them and the time in; rows to write out. Each slot ends in the ledger once.
 *
 *   which slot?   passed ─► missedFires, startingDeadlineSeconds ─► one candidate (or several, with All)
 *   may it go?    suspended, blackout, a restore of the application, the one before, a busy cluster
 *   what then?    fire · skip · wait: a slot that waits stays the first that is not accounted for, and is looked at again
 */

import type { Setting } from '../../applications/rules/setting.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { begin, createdEvent } from '../../operations/rules/begin.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import type { nextSlot } from '../../time/rules/recurrence.ts';
import { memoizedPassedSlots, shifted, spreadOffsetSeconds } from '../../time/rules/slots.ts';
import type { DueSchedule, Surroundings } from './due.ts';
import { dueDelayMs, type Fire, type FireOutcome, type FireReason, ledgerRow } from './ledger.ts';
import { gate, lookAgain, lookAgainSeconds } from './may-fire.ts';
import { choose, lateAfterMs } from './missed.ts';

export interface Advance {
  readonly scheduleId: string;
  /** Absent: nothing was fired. */
  readonly lastFireAt?: string | undefined;
  /** The last slot that is in the ledger now; absent: nothing new is. */
  readonly accountedUntil?: string | undefined;
  /** Absent: there is no further slot. */
  readonly nextSlotAt?: string | undefined;
  readonly nextFireAt?: string | undefined;
  readonly deferredReason?: FireReason | undefined;
}

export interface FirePlan {
  readonly operations: readonly Operation[];
  readonly fires: readonly Fire[];
  readonly events: readonly NewEvent[];
  readonly advances: readonly Advance[];
  /** Operations that are replaced by newer ones. */
  readonly cancels: readonly string[];
}

export interface PlanTools {
  readonly nextSlot: typeof nextSlot;
  readonly newId: () => string;
}

const ms = Date.parse;

export function planFires(due: readonly DueSchedule[], around: Surroundings, now: string, tools: PlanTools): FirePlan {
  const plan = {
    operations: [] as Operation[],
    fires: [] as Fire[],
    events: [] as NewEvent[],
    advances: [] as Advance[],
    cancels: [] as string[],
  };
  const room = new Map(around.room);
  const passedSlots = memoizedPassedSlots(tools.nextSlot);
  for (const schedule of due) decide(schedule, { ...around, room }, now, { ...tools, passedSlots }, plan);
  return plan;
}

type Writable = { -readonly [Key in keyof FirePlan]: FirePlan[Key] extends readonly (infer Row)[] ? Row[] : never };
type Room = Omit<Surroundings, 'room'> & { readonly room: Map<string, number> };

type Tools = Pick<PlanTools, 'newId'> & { readonly passedSlots: ReturnType<typeof memoizedPassedSlots> };

function decide(schedule: DueSchedule, around: Room, now: string, tools: Tools, plan: Writable): void {
  const offset = spreadOffsetSeconds(schedule.id, schedule.spreadSeconds);
  const until = shifted(now, -offset);
  if (ms(schedule.nextSlotAt) > ms(until)) {
    plan.advances.push({
      scheduleId: schedule.id,
      nextSlotAt: schedule.nextSlotAt,
      nextFireAt: shifted(schedule.nextSlotAt, offset),
      deferredReason: schedule.deferredReason,
    });
    return;
  }
  const passed = tools.passedSlots(schedule, schedule.nextSlotAt, until);
  const settle = (lastFireAt?: string) => {
    const { next, newest } = passed;
    const nextFireAt = next === undefined ? undefined : shifted(next, offset);
    plan.advances.push({ scheduleId: schedule.id, lastFireAt, accountedUntil: newest, nextSlotAt: next, nextFireAt });
  };
  const write = (
    outcome: FireOutcome,
    reason: FireReason,
    first: string,
    last: string,
    count: number,
    operationId?: string,
  ) => {
    plan.fires.push(
      ledgerRow({ schedule, outcome, reason, first, last, count, now, offset, id: tools.newId(), operationId }),
    );
  };

  const stopped = stoppedBy(schedule);
  if (stopped !== undefined) {
    write('Skipped', stopped, passed.first, passed.newest, passed.count);
    settle();
    return;
  }

  const chosen = choose(schedule, passed, now, offset);
  const wait = gate(schedule, around, chosen.slots[0] ?? passed.newest, now, offset);
  if (chosen.slots.length > 0 && wait?.until !== undefined) {
    if (schedule.deferredReason !== wait.reason) write('Deferred', wait.reason, passed.first, passed.first, 1);
    plan.advances.push({
      scheduleId: schedule.id,
      nextSlotAt: passed.first,
      nextFireAt: lookAgain(schedule, chosen.slots[0] ?? now, passed.next, wait.until, now, offset),
      deferredReason: wait.reason,
    });
    return;
  }
  for (const row of chosen.rows) write(row.outcome, row.reason, row.first, row.last, row.count);
  if (wait !== undefined) {
    const [first, last] = [chosen.slots[0], chosen.slots.at(-1)];
    if (first !== undefined && last !== undefined) write('Skipped', wait.reason, first, last, chosen.slots.length);
    settle();
    return;
  }

  const [oldest] = chosen.slots;
  if (oldest === undefined) {
    settle();
    return;
  }
  if (schedule.concurrencyPolicy === 'Replace' && schedule.inFlightId !== undefined)
    plan.cancels.push(schedule.inFlightId);
  // One at a time unless overlap is allowed: the others wait for their turn.
  const going =
    schedule.concurrencyPolicy === 'Allow'
      ? chosen.slots.slice(0, around.room.get(schedule.clusterId) ?? chosen.slots.length)
      : [oldest];
  for (const slot of going) {
    const operation = operationOf(schedule, slot, now, tools.newId());
    plan.operations.push(operation);
    plan.events.push(createdEvent(operation, now));
    const late = dueDelayMs(slot, now, offset) > lateAfterMs;
    write(
      late ? 'Late' : 'Fired',
      late ? (schedule.deferredReason ?? 'ServiceDown') : 'OnTime',
      slot,
      slot,
      1,
      operation.id,
    );
    const left = around.room.get(schedule.clusterId);
    if (left !== undefined) around.room.set(schedule.clusterId, left - 1);
  }
  const remaining = chosen.slots[going.length];
  if (remaining === undefined) {
    settle(going.at(-1));
    return;
  }
  plan.advances.push({
    scheduleId: schedule.id,
    lastFireAt: going.at(-1),
    accountedUntil: going.at(-1),
    nextSlotAt: remaining,
    nextFireAt: shifted(now, lookAgainSeconds),
  });
}

function stoppedBy(schedule: DueSchedule): FireReason | undefined {
  if (schedule.suspend) return 'Suspended';
  if (schedule.organizationSuspend) return 'OrganizationSuspended';
  if (schedule.clusterSuspend) return 'ClusterSuspended';
  return undefined;
}

function operationOf(schedule: DueSchedule, scheduledFor: string, now: string, id: string): Operation {
  return begin(
    settingOf(schedule),
    {
      id,
      type: 'Backup',
      parameters: schedule.template.parameters,
      ttl: { schedule: schedule.ttl, cadence: schedule.cadence },
      slot: { scheduleId: schedule.id, scheduledFor },
      nameFrom: schedule.id,
      requestedBy: `schedule/${schedule.name}`,
      startingDeadlineSeconds: schedule.startingDeadlineSeconds,
    },
    now,
  );
}

/** The claimed row holds its setting in columns. */
function settingOf(schedule: DueSchedule): Setting {
  const { applicationInstanceId: id, organizationId, clusterId, namespace, target: name } = schedule;
  const { classRetention: retention, defaultParameters, deliveryDeadlineSeconds, override } = schedule;
  return {
    instance: { id, organizationId, clusterId, namespace, name },
    applicationClass: { retention, defaultParameters, deliveryDeadlineSeconds },
    override: override === undefined ? undefined : { retention: override },
  };
}
