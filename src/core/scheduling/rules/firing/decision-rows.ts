/**
 * What a decision about a due schedule writes: the ledger's rows, Operations and their events, and how the schedule goes
 * on. Each slot that a decision accounts for is in exactly one row.
 */

import type { Setting } from '../../../applications/rules/setting.ts';
import type { NewEvent } from '../../../kernel/rules/event.ts';
import { begin, createdEvent } from '../../../operations/rules/begin.ts';
import type { Operation } from '../../../operations/rules/operation.ts';
import { type Passed, shifted } from '../../../time/rules/slots.ts';
import { dueDelayMs, type Fate, type Fire, type FireReason, ledgerRow } from '../ledger.ts';
import { eventOfSchedule } from '../reasons.ts';
import type { DueSchedule, Look } from './due-schedule.ts';
import type { FireDecision, Fires } from './fire-decision.ts';
import { lateAfterMs } from './missed-fires.ts';
import { lookAgainSeconds } from './obstacle.ts';

/** How a schedule goes on. */
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

export interface DecisionRows {
  readonly operations: readonly Operation[];
  readonly fires: readonly Fire[];
  readonly events: readonly NewEvent[];
  readonly advance: Advance;
  /** The Operation that is replaced by a newer one. */
  readonly cancelledId?: string | undefined;
}

const nothing = { operations: [], fires: [], events: [] };

export function rowsOf(look: Look, decision: FireDecision, newId: () => string): DecisionRows {
  const rows = decidedRows(look, decision, newId);
  const { schedule, now } = look;
  // A suspended schedule is due only when its time to resume has come.
  return schedule.suspend
    ? { ...rows, events: [eventOfSchedule(schedule, 'Resumed', 'Resumed by itself: resumeAt has come.', now)] }
    : rows;
}

function decidedRows(look: Look, decision: FireDecision, newId: () => string): DecisionRows {
  const { schedule } = look;
  const scheduleId = schedule.id;
  switch (decision.kind) {
    case 'NotYet': {
      const { nextSlotAt, deferredReason } = schedule;
      const nextFireAt = dueAt(nextSlotAt, look);
      return { ...nothing, advance: { scheduleId, nextSlotAt, nextFireAt, deferredReason } };
    }
    case 'Stopped': {
      const { reason, passed } = decision;
      const fate: Fate = { outcome: 'Skipped', reason, first: passed.first, last: passed.newest, count: passed.count };
      return { ...nothing, fires: [fireOf(look, fate, newId)], advance: pastAll(look, passed) };
    }
    case 'Skipped': {
      const fires = decision.fates.map((fate) => fireOf(look, fate, newId));
      return { ...nothing, fires, advance: pastAll(look, decision.passed) };
    }
    case 'Waits': {
      const { reason, first, lookAgainAt } = decision;
      const fate: Fate = { outcome: 'Deferred', reason, first, last: first, count: 1 };
      const fires = schedule.deferredReason === reason ? [] : [fireOf(look, fate, newId)];
      const advance = { scheduleId, nextSlotAt: first, nextFireAt: lookAgainAt, deferredReason: reason };
      return { ...nothing, fires, advance };
    }
    case 'Fires':
      return firedRows(look, decision, newId);
  }
}

function firedRows(look: Look, decision: Fires, newId: () => string): DecisionRows {
  const { schedule, now } = look;
  const { slots, remaining, passed, replacesId } = decision;
  const before = decision.fates.map((fate) => fireOf(look, fate, newId));
  const fired = slots.map((slot) => {
    const operation = operationOf(schedule, slot, now, newId());
    return { operation, fire: fireOf(look, firedFate(look, slot), newId, operation.id) };
  });
  const operations = fired.map(({ operation }) => operation);
  const lastFireAt = slots.at(-1);
  return {
    operations,
    fires: [...before, ...fired.map(({ fire }) => fire)],
    events: operations.map((operation) => createdEvent(operation, now)),
    advance:
      remaining === undefined
        ? pastAll(look, passed, lastFireAt)
        : {
            scheduleId: schedule.id,
            lastFireAt,
            accountedUntil: lastFireAt,
            nextSlotAt: remaining,
            nextFireAt: shifted(now, lookAgainSeconds),
          },
    cancelledId: replacesId,
  };
}

function firedFate({ schedule, now, offsetSeconds }: Look, slot: string): Fate {
  const range = { first: slot, last: slot, count: 1 };
  return dueDelayMs(slot, now, offsetSeconds) > lateAfterMs
    ? { ...range, outcome: 'Late', reason: schedule.deferredReason ?? 'ServiceDown' }
    : { ...range, outcome: 'Fired', reason: 'OnTime' };
}

function fireOf(
  { schedule, now, offsetSeconds: offset }: Look,
  fate: Fate,
  newId: () => string,
  operationId?: string,
): Fire {
  return ledgerRow({ ...fate, schedule, now, offset, id: newId(), operationId });
}

/** All slots that have passed are in the ledger. */
function pastAll(look: Look, { newest, next }: Passed, lastFireAt?: string): Advance {
  return {
    scheduleId: look.schedule.id,
    lastFireAt,
    accountedUntil: newest,
    nextSlotAt: next,
    nextFireAt: dueAt(next, look),
  };
}

function dueAt(slot: string | undefined, { offsetSeconds }: Look): string | undefined {
  return slot === undefined ? undefined : shifted(slot, offsetSeconds);
}

function operationOf(schedule: DueSchedule, slot: string, now: string, id: string): Operation {
  return begin(
    settingOf(schedule),
    {
      id,
      type: 'Backup',
      parameters: schedule.template.parameters,
      ttl: { schedule: schedule.ttl, cadence: schedule.cadence },
      slot: { scheduleId: schedule.id, scheduledFor: slot },
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
