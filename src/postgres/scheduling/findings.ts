/** Schedules and fires that break an invariant. */
import type { scheduleFindings } from '../../core/scheduling/rules/findings.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';
import { wasHeld } from '../kit/batches/held-rows.ts';
import { before, type FindingParts } from '../kit/findings.ts';

/** NextSlotTooLate is not found in SQL: it takes the recurrence. */
export const scheduleFindingParts: FindingParts<Exclude<keyof typeof scheduleFindings, 'NextSlotTooLate'>> = {
  ScheduleOverdue: `id, organization_id, next_fire_at as since
    from schedule
    where next_fire_at < ${before(tolerance.overdueSeconds)} and not ${wasHeld('fire-schedules', 'schedule.id', '$1')}`,
  ScheduleWithoutNextFire: `id, organization_id, updated_at
    from schedule
    where next_fire_at is null and deleted_at is null and (not suspend or resume_at is not null)
      and (next_slot_at is not null or (schedule is not null and ends_at is null))`,
  FireOfFutureSlot: `f.id, s.organization_id, least(f.fired_at, s.updated_at)
    from fire f join schedule s on s.id = f.schedule_id
    where f.fired_at > ${before(tolerance.historySeconds)} and f.operation_id is null
      and coalesce(f.last_scheduled_for, f.scheduled_for) > ${before(-tolerance.aheadSeconds)}`,
  FireWithoutOperation: `f.id, s.organization_id, f.fired_at
    from fire f join schedule s on s.id = f.schedule_id
    where f.fired_at > ${before(tolerance.historySeconds)} and f.outcome in ('Fired', 'Late')
      and not exists (select from operation o where o.id = f.operation_id)`,
};
