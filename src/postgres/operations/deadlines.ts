/** Finds Operations past a deadline in one statement over those in flight, and writes them back in one. */

import type { Pool } from 'pg';
import { ApplicationClass } from '../../core/applications/rules/application.ts';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { Condition } from '../../core/kernel/rules/condition.ts';
import type { Deadlines } from '../../core/operations/ports.ts';
import type { OperationDecision } from '../../core/operations/rules/end-operation.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, fromRow } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeEnded } from './batch.ts';

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
    or (o.phase = 'Pending' and ${after('o.delivered_at', 'pending_deadline_seconds')})
    or (o.phase = 'Running' and ${after('coalesce(greatest(o.started_at, o.delivered_at), o.created_at)', 'running_deadline_seconds')})
  )
  order by o.id limit $2 for update of o skip locked`;

const maxInFlight = 10_000;
/** The Operations of which some are past a deadline: without a look at anything else of them. */
const inFlight = `
  select id::text from operation where phase in ('Pending', 'Running') and origin <> 'cluster' order by id limit ${maxInFlight}`;

const Limits = ApplicationClass.pick({ pendingDeadlineSeconds: true, runningDeadlineSeconds: true })
  .extend({ watching: Condition.pick({ status: true, reason: true, message: true }) })
  .partial();

export function deadlinesOf(pool: Pool, heldRows: HeldRows): Deadlines {
  return {
    async expire(now, limit, decide) {
      const attempt = (ids?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, readonly OperationDecision[]>> => {
          const values = [now, limit, ids ?? null];
          const { rows } = await client.query({ name: 'past-deadline', text: pastDeadline, values });
          const { made, bad } = sift(rows, (row) =>
            decide({ ...storedOperation(row), ...fromRow(Limits, camelRow(row)) }),
          );
          const steps = made.filter((step) => step !== undefined);
          await writeEnded(client, steps);
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
        rows: async () => (await pool.query(inFlight)).rows.map(({ id }) => String(id)),
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
