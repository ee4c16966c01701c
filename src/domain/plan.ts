/**
 * The plan of a tick: for every due schedule, what becomes of the slots since it was last looked at. Pure: the claimed
 * rows and the time in, rows to write out.
 *
 * After an outage several slots of one schedule may have passed. The newest of them is fired, late; those before it
 * are one Coalesced row of the ledger with their count, so that every slot has an answer.
 */
import type { NewEvent } from './event.ts';
import type { Fire } from './fire.ts';
import { nameSuffix, operationName } from './names.ts';
import type { Operation } from './operation.ts';
import type { BackupParameters } from './parameters.ts';
import type { Cadence, nextSlot } from './recurrence.ts';
import { type Retention, resolveTtl } from './retention.ts';
import type { ScheduleTemplate } from './schedule.ts';

/** What the plan needs to know of a due schedule, in one row. */
export interface DueSchedule {
  readonly id: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly applicationInstanceId: string;
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: string;
  readonly cadence: Cadence;
  readonly ttl?: string | undefined;
  readonly template: ScheduleTemplate;
  readonly nextFireAt: string;
  readonly namespace: string;
  readonly target: string;
  readonly classRetention: Retention;
  readonly defaultParameters: BackupParameters;
  readonly override?: Retention | undefined;
}

export interface Advance {
  readonly scheduleId: string;
  readonly lastFireAt: string;
  /** Absent: the expression has no further slot. */
  readonly nextFireAt?: string | undefined;
}

export interface FirePlan {
  readonly operations: readonly Operation[];
  readonly fires: readonly Fire[];
  readonly events: readonly NewEvent[];
  readonly advances: readonly Advance[];
}

export interface PlanTools {
  readonly nextSlot: typeof nextSlot;
  readonly newId: () => string;
}

const lateAfterMs = 60_000;

export function planFires(due: readonly DueSchedule[], now: string, tools: PlanTools): FirePlan {
  const operations: Operation[] = [];
  const fires: Fire[] = [];
  const events: NewEvent[] = [];
  const advances: Advance[] = [];
  for (const schedule of due) {
    const passed = passedSlots(schedule, now, tools.nextSlot);
    const operation = operationOf(schedule, passed.newest, now, tools.newId());
    if (passed.coalesced !== undefined) fires.push(coalescedFire(schedule, passed.coalesced, now, tools.newId()));
    fires.push(firedFire(schedule, passed.newest, operation.id, now, tools.newId()));
    operations.push(operation);
    events.push(createdEvent(operation, now));
    advances.push({ scheduleId: schedule.id, lastFireAt: passed.newest, nextFireAt: passed.next });
  }
  return { operations, fires, events, advances };
}

interface PassedSlots {
  readonly newest: string;
  readonly next: string | undefined;
  readonly coalesced?: { readonly first: string; readonly last: string; readonly count: number };
}

/** The slots from `nextFireAt` to `now`: the newest, how many came before it, and the one after. */
function passedSlots(schedule: DueSchedule, now: string, slotAfter: typeof nextSlot): PassedSlots {
  let newest = schedule.nextFireAt;
  let beforeNewest = newest;
  let count = 0;
  let next = slotAfter(schedule.schedule, schedule.timeZone, newest);
  while (next !== undefined && Date.parse(next) <= Date.parse(now)) {
    beforeNewest = newest;
    newest = next;
    count += 1;
    next = slotAfter(schedule.schedule, schedule.timeZone, newest);
  }
  if (count === 0) return { newest, next };
  return { newest, next, coalesced: { first: schedule.nextFireAt, last: beforeNewest, count } };
}

function operationOf(schedule: DueSchedule, slot: string, now: string, id: string): Operation {
  const { ttl, ttlSource } = resolveTtl({
    schedule: schedule.ttl,
    cadence: schedule.cadence,
    override: schedule.override,
    classRetention: schedule.classRetention,
  });
  return {
    id,
    organizationId: schedule.organizationId,
    clusterId: schedule.clusterId,
    applicationInstanceId: schedule.applicationInstanceId,
    scheduleId: schedule.id,
    scheduledFor: slot,
    name: operationName(schedule.target, 'Backup', slot, nameSuffix(schedule.id)),
    namespace: schedule.namespace,
    target: schedule.target,
    type: 'Backup',
    engine: 'velero',
    parameters: { ...schedule.defaultParameters, ...schedule.template.parameters },
    ttl,
    ttlSource,
    origin: 'schedule',
    requestedBy: `schedule/${schedule.name}`,
    phase: 'Pending',
    conditions: [],
    outputs: {},
    warnings: [],
    createdAt: now,
    revision: 1,
  };
}

function delayMs(slot: string, now: string): number {
  return Math.max(0, Date.parse(now) - Date.parse(slot));
}

function firedFire(schedule: DueSchedule, slot: string, operationId: string, now: string, id: string): Fire {
  const late = delayMs(slot, now) > lateAfterMs;
  return {
    id,
    scheduleId: schedule.id,
    scheduledFor: slot,
    slotCount: 1,
    outcome: late ? 'Late' : 'Fired',
    reason: late ? 'ServiceDown' : 'OnTime',
    operationId,
    firedAt: now,
    delayMs: delayMs(slot, now),
  };
}

function coalescedFire(
  schedule: DueSchedule,
  range: { first: string; last: string; count: number },
  now: string,
  id: string,
): Fire {
  return {
    id,
    scheduleId: schedule.id,
    scheduledFor: range.first,
    ...(range.count > 1 && { lastScheduledFor: range.last }),
    slotCount: range.count,
    outcome: 'Coalesced',
    reason: 'ServiceDown',
    firedAt: now,
    delayMs: delayMs(range.first, now),
  };
}

export function createdEvent(operation: Operation, now: string): NewEvent {
  const { organizationId, clusterId, id, scheduleId } = operation;
  return {
    organizationId,
    clusterId,
    operationId: id,
    ...(scheduleId !== undefined && { scheduleId }),
    type: 'Normal',
    reason: 'Created',
    message: `${operation.type} of ${operation.namespace}/${operation.target}, asked for by ${operation.requestedBy}${operation.ttl === undefined ? '' : `, kept ${operation.ttl} (${operation.ttlSource})`}.`,
    at: now,
  };
}
