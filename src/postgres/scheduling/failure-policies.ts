/**
 * Acting on streaks of failed Operations, in one transaction: it finds them, locked; marks each, so that it is acted on
 * once; suspends the schedule where its policy says so; and records an event.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { FailurePolicies } from '../../core/scheduling/ports.ts';
import type { scheduleEvents } from '../../core/scheduling/rules/reasons.ts';
import { inTransaction } from '../kit/transaction.ts';
import { vault } from '../kit/vault.ts';

const findStreaks = `
  select s.id as "scheduleId", s.organization_id as "organizationId", s.cluster_id as "clusterId",
         s.failure_policy->>'action' as action, (s.failure_policy->>'after')::int as "failureCount", l.last_message as "lastMessage"
  from schedule s
  cross join lateral (
    select count(*)::int as count, count(*) filter (where phase = 'Failed')::int as failed,
           (array_agg(coalesce((select c->>'message' from jsonb_array_elements(conditions) c where c->>'type' = 'Failed'), '') order by scheduled_for desc))[1] as last_message
    from (
      select phase, scheduled_for, conditions from operation o
      where o.schedule_id = s.id and o.phase in ('Succeeded', 'Failed') and o.created_at > coalesce(s.failures_from, '-infinity')
      order by o.scheduled_for desc
      limit (s.failure_policy->>'after')::int
    ) ended
  ) l
  where s.failure_policy->>'action' in ('Alert', 'Suspend') and s.deleted_at is null and not s.suspend
    and l.count = (s.failure_policy->>'after')::int and l.failed = l.count
  for update of s skip locked`;

const markAndSuspend = `
  update schedule set failures_from = $2, updated_at = $2,
    suspend = suspend or $3, suspend_reason = case when $3 then $4 else suspend_reason end,
    next_fire_at = case when $3 then null else next_fire_at end, revision = revision + case when $3 then 1 else 0 end
  where id = $1`;
const recordEvent = `
  insert into event (id, organization_id, cluster_id, schedule_id, type, reason, message, at)
  values ($1, $2, $3, $4, 'Warning', $5, $6, $7)`;

const Streak = z.object({
  scheduleId: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  action: z.enum(['Alert', 'Suspend']),
  failureCount: z.int(),
  /** Why the last one failed. */
  lastMessage: z.string().nullable(),
});

export function failurePoliciesOf(pool: Pool): FailurePolicies {
  return {
    apply: (now) =>
      inTransaction(pool, async (client) => {
        const streaks = Streak.array().parse((await client.query(findStreaks)).rows);
        for (const { scheduleId, organizationId, clusterId, action, failureCount, lastMessage } of streaks) {
          const message = `${failureCount} Operations in a row have failed${lastMessage === null || lastMessage === '' ? '' : `, the last one: ${lastMessage}`}`;
          const suspend = action === 'Suspend';
          await client.query(markAndSuspend, [scheduleId, now, suspend, message.slice(0, 500)]);
          const eventReason: keyof typeof scheduleEvents = suspend ? 'SuspendedByFailures' : 'FailuresInARow';
          const event = [vault.newId(), organizationId, clusterId, scheduleId, eventReason, message, now];
          await client.query(recordEvent, event);
        }
        return streaks;
      }),
  };
}
