/** Writes what reconciling schedules with a protection plan has decided, with an event for each schedule. */

import type { Call } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { EventsTable } from '../kernel/ports.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import { changedFields, eventOfSchedule } from '../scheduling/rules/reasons.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { ProtectionPlansTable } from './ports.ts';
import type { ReconciledSchedules } from './rules/reconcile-schedules.ts';

/** `because` names the plan, as the end of a sentence. `known` are the schedules as they were. */
export async function writeReconciled(
  { tx, caller, now }: Call<ProtectionPlansTable & EventsTable>,
  reconciled: ReconciledSchedules,
  known: readonly Schedule[],
  because: string,
): Promise<void> {
  await tx.protectionPlans.write(reconciled, now);
  const { made, changed, removed } = reconciled;
  const by = `by ${actor(caller)}, ${because}`;
  const before = new Map(known.map((schedule) => [schedule.id, schedule]));
  const events: NewEvent[] = [
    ...made.map((schedule) => eventOfSchedule(schedule, 'ScheduleCreated', `Created ${by}.`, now)),
    ...changed.map((schedule) => {
      const fields = changedFields(before.get(schedule.id) ?? schedule, schedule);
      return eventOfSchedule(schedule, 'ScheduleChanged', `Changed ${by}: ${fields ?? 'nothing that shows'}.`, now);
    }),
    ...removed.map((schedule) => eventOfSchedule(schedule, 'ScheduleRemoved', `Removed ${by}.`, now)),
  ];
  if (events.length > 0) await tx.events.append(events);
}
