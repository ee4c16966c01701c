/**
 * Firing a batch of due schedules. Pure: the claimed rows, what is around them and the time in; rows to write out.
 *
 * Schedules are decided in order, and each takes the room that it needs in its cluster before the next is decided. One
 * that cannot be decided takes none, and is named.
 */

import { type Bad, sift } from '../../../kernel/rules/broken/bad-rows.ts';
import type { NewEvent } from '../../../kernel/rules/event.ts';
import type { Operation } from '../../../operations/rules/operation.ts';
import type { nextSlot } from '../../../time/rules/recurrence.ts';
import { memoizedPassedSlots, spreadOffsetSeconds } from '../../../time/rules/slots.ts';
import type { Fire } from '../ledger.ts';
import { type Advance, rowsOf } from './decision-rows.ts';
import type { DueSchedule, Surroundings } from './due-schedule.ts';
import { decideFire, type FireDecision } from './fire-decision.ts';

export interface FiringRows {
  readonly operations: readonly Operation[];
  readonly fires: readonly Fire[];
  readonly events: readonly NewEvent[];
  readonly advances: readonly Advance[];
  readonly cancelledIds: readonly string[];
  /** The ids of schedules that cannot be decided, for example because their zone is not known here. */
  readonly bad: readonly Bad<string>[];
}

export interface FiringTools {
  readonly nextSlot: typeof nextSlot;
  readonly newId: () => string;
}

export function decideFires(
  due: readonly DueSchedule[],
  { windows, room: found }: Surroundings,
  now: string,
  tools: FiringTools,
): FiringRows {
  const room = new Map(found);
  const passedSlots = memoizedPassedSlots(tools.nextSlot);
  const { made: decided, bad } = sift(due, (schedule) => {
    const look = { schedule, now, offsetSeconds: spreadOffsetSeconds(schedule.id, schedule.spreadSeconds) };
    const decision = decideFire(look, { windows, room }, passedSlots);
    const rows = rowsOf(look, decision, tools.newId);
    takeRoom(room, schedule.clusterId, decision);
    return rows;
  });
  return {
    operations: decided.flatMap(({ operations }) => operations),
    fires: decided.flatMap(({ fires }) => fires),
    events: decided.flatMap(({ events }) => events),
    advances: decided.map(({ advance }) => advance),
    cancelledIds: decided.flatMap(({ cancelledId }) => cancelledId ?? []),
    bad: bad.map(({ item, error }) => ({ item: item.id, error })),
  };
}

function takeRoom(room: Map<string, number>, clusterId: string, decision: FireDecision): void {
  const left = room.get(clusterId);
  if (left !== undefined && decision.kind === 'Fires') room.set(clusterId, left - decision.slots.length);
}
