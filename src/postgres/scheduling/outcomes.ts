/** How the Operations of schedules ended: one statement for any number of schedules, each part the head of an index. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { ScheduleOutcomesOf } from '../../core/scheduling/ports.ts';
import { maxFailuresInARow, ScheduleOutcomes } from '../../core/scheduling/rules/schedule-outcome.ts';
import { At, nullAsAbsent } from '../kit/rows/json.ts';
import { copyObject, hasCopy, hasGoodCopy, isEmptyCopy, isPartial } from '../operations/copies.ts';

const made = `${hasCopy('o')} and not ${isEmptyCopy('o')}`;
const failed = `(o.phase = 'Failed' and o.contradiction->>'phase' is distinct from 'Succeeded' or o.phase = 'Succeeded' and ${isEmptyCopy('o')})`;

const outcomes = `
  select s.id::text as id, last.outcome as "lastOutcome", good.copy as "lastGoodCopy", streak.count as "failuresInARow"
  from unnest($1::uuid[]) s(id)
  left join lateral (
    select json_build_object('operationId', o.id, 'scheduledFor', o.scheduled_for, 'phase', o.phase, 'partial', ${isPartial('o')},
      'reason', c.condition->>'reason', 'message', c.condition->>'message', 'at', coalesce(o.finished_at, o.created_at)) as outcome
    from operation o
    left join lateral (
      select condition from jsonb_array_elements(o.conditions) condition where condition->>'type' = o.phase limit 1
    ) c on true
    where o.schedule_id = s.id and o.phase in ('Succeeded', 'Failed', 'Cancelled') order by o.scheduled_for desc limit 1
  ) last on true
  left join lateral (
    select ${copyObject('o')} as copy from operation o
    where o.schedule_id = s.id and ${hasGoodCopy('o')} order by o.scheduled_for desc limit 1
  ) good on true
  left join lateral (
    select count(*)::int as count from (
      select from operation o
      where o.schedule_id = s.id and ${failed} and o.scheduled_for > coalesce((
        select o.scheduled_for from operation o where o.schedule_id = s.id and ${made} order by o.scheduled_for desc limit 1
      ), '-infinity')
      limit ${maxFailuresInARow}
    ) each
  ) streak on true`;

const failing = `
  select count(*)::int as count from schedule s
  cross join lateral (
    select ${failed} as failed from operation o
    where o.schedule_id = s.id and o.phase in ('Succeeded', 'Failed') order by o.scheduled_for desc limit 1
  ) last
  where s.deleted_at is null and not s.suspend and last.failed`;

const fields = ScheduleOutcomes.shape;
const Row = z.object({
  id: z.string(),
  lastOutcome: nullAsAbsent(
    z.object({
      ...fields.lastOutcome.unwrap().shape,
      scheduledFor: At,
      at: At,
      reason: nullAsAbsent(z.string()),
      message: nullAsAbsent(z.string()),
    }),
  ),
  lastGoodCopy: nullAsAbsent(
    z.object({ ...fields.lastGoodCopy.unwrap().shape, startedAt: At, finishedAt: At, expiresAt: At }),
  ),
  failuresInARow: z.int(),
});

export function scheduleOutcomesOf(pool: Pool): ScheduleOutcomesOf {
  return {
    async of(scheduleIds) {
      if (scheduleIds.length === 0) return new Map();
      const { rows } = await pool.query({ name: 'schedule-outcomes', text: outcomes, values: [scheduleIds] });
      return new Map(rows.map((row) => Row.parse(row)).map(({ id, ...outcome }) => [id, outcome]));
    },
    async failingCount() {
      const { rows } = await pool.query({ name: 'schedules-failing', text: failing });
      return Number(rows[0]?.count ?? 0);
    },
  };
}
