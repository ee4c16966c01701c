/** Finds Operations past a deadline in one statement over those in flight, and writes them back in one. */

import type { Pool } from 'pg';
import { ApplicationClass } from '../../core/applications/rules/application.ts';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { Condition } from '../../core/kernel/rules/condition.ts';
import type { Deadlines } from '../../core/operations/ports.ts';
import type { OperationDecision } from '../../core/operations/rules/end-operation.ts';
import { longestCallSeconds } from '../../core/operations/rules/giving-up/deadlines.ts';
import { stuckAfterSeconds, stuckTidyingSeconds } from '../../core/operations/rules/giving-up/stuck-deletion.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, fromRow } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeDatedOperations } from './batch.ts';
import { hasWithdrawal, isOverdue, isWithdrawing } from './giving-up.ts';
import { owesNothing } from './owed.ts';

const after = (since: string, seconds: string) => `${since} + c.${seconds} * interval '1 second' <= $1`;

/** Operations that may be past a deadline, but for those that a delivery is under way for. The domain decides. */
export const pastDeadline = `
  select o.*, c.pending_deadline_seconds, c.running_deadline_seconds,
         case when jsonb_typeof(k.conditions) = 'array' then (select w from jsonb_array_elements(k.conditions) w where w->>'type' = 'Watching' limit 1) end as watching
  from operation o
  join cluster k on k.id = o.cluster_id
  left join application_instance i on i.id = o.application_instance_id
  left join application_class c on c.id = i.application_class_id
  where o.phase in ('Pending', 'Running') and o.origin <> 'cluster' and ($3::uuid[] is null or o.id = any($3))
    and not ${isHeld('apply-deadlines', 'o.id', '$1')} and (
    (o.owed = 'Apply' and o.uid is null and o.unanswered = 0 and o.deliver_before <= $1)
    or (o.phase = 'Pending' and not ${hasWithdrawal('o')}
      and (${after('o.delivered_at', 'pending_deadline_seconds')} or o.delivered_at > o.deliver_before + ${longestCallSeconds} * interval '1 second'))
    or (o.phase = 'Running' and not ${isOverdue('o')}
      and ${after('coalesce(greatest(o.started_at, o.delivered_at), o.created_at)', 'running_deadline_seconds')})
    or ((${isWithdrawing('o')} or ${isOverdue('o')}) and ${owesNothing('o')})
  )
  order by o.id limit $2 for update of o skip locked`;

/** Resources that have been deleted for a while, whoever asked for it, and of which that was not told. */
const stuckDeletions = `
  select o.* from operation o
  where o.deleting_since <= $1::timestamptz - ${stuckAfterSeconds} * interval '1 second'
    and (o.deletion_reason is distinct from 'Tidy' or o.deleting_since <= $1::timestamptz - ${stuckTidyingSeconds} * interval '1 second')
    and not o.conditions @> '[{"type": "DeletionPending", "reason": "NotFinished"}]'::jsonb
    and ($3::uuid[] is null or o.id = any($3)) and not ${isHeld('apply-deadlines', 'o.id', '$1')}
  order by o.id limit $2 for update of o skip locked`;

const maxInFlight = 10_000;
/** The Operations of which some are past a deadline: without a look at anything else of them. */
const inFlight = `
  select id::text from operation where phase in ('Pending', 'Running') and origin <> 'cluster' order by id limit ${maxInFlight}`;

const deleting = `select id::text from operation where deleting_since is not null order by id limit ${maxInFlight}`;

const looks = {
  Deadlines: { name: 'past-deadline', text: pastDeadline, ids: inFlight },
  Deletions: { name: 'stuck-deletions', text: stuckDeletions, ids: deleting },
} as const;

const Limits = ApplicationClass.pick({ pendingDeadlineSeconds: true, runningDeadlineSeconds: true })
  .extend({ watching: Condition.pick({ status: true, reason: true, message: true }) })
  .partial();

export function deadlinesOf(pool: Pool, heldRows: HeldRows): Deadlines {
  return {
    async expire(look, now, limit, decide) {
      const { name, text, ids: all } = looks[look];
      const attempt = (ids?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, readonly OperationDecision[]>> => {
          const values = [now, limit, ids ?? null];
          const { rows } = await client.query({ name, text, values });
          const { made, bad } = sift(rows, (row) =>
            decide({ ...storedOperation(row), ...fromRow(Limits, camelRow(row)) }),
          );
          const steps = made.filter((step) => step !== undefined);
          await writeDatedOperations(client, steps);
          await appendEvents(
            client,
            steps.flatMap(({ events }) => events),
          );
          return {
            result: steps,
            bad: bad.map(({ item, error }) => ({ item: String(item.id), error })),
            count: rows.length,
          };
        });
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () => (await pool.query(all)).rows.map(({ id }) => String(id)),
        some: attempt,
      });
      if (roleFailure !== undefined) throw roleFailure;
      await heldRows.putAside('apply-deadlines', bad.map(heldAs('Operation')), now);
      const steps = results.flat();
      await heldRows.release(
        'apply-deadlines',
        steps.map(({ operation }) => operation.id),
      );
      return steps;
    },
  };
}
