/**
 * Acting on streaks of failed Operations, in one transaction: it finds them, locked; marks each, so that it is acted on
 * once; suspends the schedule where its policy says so; and records an event.
 */
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { NewEvent } from '../../core/kernel/rules/event.ts';
import type { FailurePolicies } from '../../core/scheduling/ports.ts';
import { eventOfSchedule } from '../../core/scheduling/rules/reasons.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { inTransaction } from '../kit/transaction.ts';

const findStreaks = `
  select s.id as "scheduleId", s.organization_id as "organizationId", s.cluster_id as "clusterId",
         s.application_instance_id as "applicationInstanceId",
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
  where ($1::uuid[] is null or s.id = any($1)) and s.failure_policy->>'action' in ('Alert', 'Suspend') and s.deleted_at is null and not s.suspend
    and l.count = (s.failure_policy->>'after')::int and l.failed = l.count
  for update of s skip locked`;

/** The schedules that have a policy: without a look into it. */
const withPolicy =
  'select id::text from schedule where failure_policy is not null and deleted_at is null and not suspend order by id';

const markAndSuspend = `
  update schedule set failures_from = $2, updated_at = case when $3 then $2 else updated_at end,
    suspend = suspend or $3, suspend_reason = case when $3 then $4 else suspend_reason end,
    next_fire_at = case when $3 then null else next_fire_at end, revision = revision + case when $3 then 1 else 0 end
  where id = $1`;

const Streak = z.object({
  scheduleId: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationInstanceId: z.string(),
  action: z.enum(['Alert', 'Suspend']),
  failureCount: z.int(),
  /** Why the last one failed. */
  lastMessage: z.string().nullable(),
});

export function failurePoliciesOf(pool: Pool, heldRows: HeldRows): FailurePolicies {
  return {
    async apply(now) {
      const attempt = (ids?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, readonly z.infer<typeof Streak>[]>> => {
          const streaks = Streak.array().parse((await client.query(findStreaks, [ids ?? null])).rows);
          await actOn(client, streaks, now);
          return { result: streaks, bad: [], count: streaks.length };
        });
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () => (await pool.query(withPolicy)).rows.map(({ id }) => String(id)),
        some: attempt,
      });
      if (roleFailure !== undefined) throw roleFailure;
      await heldRows.putAside('apply-failure-policies', bad.map(heldAs('Schedule')), now);
      return results.flat();
    },
  };
}

async function actOn(client: PoolClient, streaks: readonly z.infer<typeof Streak>[], now: string): Promise<void> {
  const events: NewEvent[] = [];
  for (const { action, failureCount, lastMessage, ...about } of streaks) {
    const message = `${failureCount} Operations in a row have failed${lastMessage === null || lastMessage === '' ? '' : `, the last one: ${lastMessage}`}`;
    const suspend = action === 'Suspend';
    await client.query(markAndSuspend, [about.scheduleId, now, suspend, message.slice(0, 500)]);
    const reason = suspend ? 'SuspendedByFailures' : 'FailuresInARow';
    events.push(eventOfSchedule({ ...about, id: about.scheduleId }, reason, message, now));
  }
  await appendEvents(client, events);
}
