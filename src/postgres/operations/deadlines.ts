/** Finds Operations past a deadline in one statement over those in flight, and writes them back in one. */

import type { Pool } from 'pg';
import { ApplicationClass } from '../../core/applications/rules/application.ts';
import { Condition } from '../../core/kernel/rules/condition.ts';
import type { Deadlines } from '../../core/operations/ports.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, fromRow } from '../kit/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeEnded } from './batch.ts';

const after = (since: string, seconds: string) => `${since} + c.${seconds} * interval '1 second' <= $1`;

/** Operations that may be past a deadline, but for those that a delivery is under way for. The domain decides. */
export const pastDeadline = `
  select o.*, c.pending_deadline_seconds, c.running_deadline_seconds,
         (select w from jsonb_array_elements(k.conditions) w where w->>'type' = 'Watching') as watching
  from operation o
  join cluster k on k.id = o.cluster_id
  left join application_instance i on i.id = o.application_instance_id
  left join application_class c on c.id = i.application_class_id
  where o.phase in ('Pending', 'Running') and o.origin <> 'cluster' and (
    (o.owed = 'Apply' and o.uid is null and o.unanswered = 0 and o.deliver_before <= $1)
    or (o.phase = 'Pending' and ${after('o.delivered_at', 'pending_deadline_seconds')})
    or (o.phase = 'Running' and ${after('coalesce(greatest(o.started_at, o.delivered_at), o.created_at)', 'running_deadline_seconds')})
  )
  order by o.id limit $2 for update of o skip locked`;

const Limits = ApplicationClass.pick({ pendingDeadlineSeconds: true, runningDeadlineSeconds: true })
  .extend({ watching: Condition.pick({ status: true, reason: true, message: true }) })
  .partial();

export function deadlinesOf(pool: Pool): Deadlines {
  return {
    expire: (now, limit, decide) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query({ name: 'past-deadline', text: pastDeadline, values: [now, limit] });
        const steps = rows.flatMap((row) => {
          const step = decide({ ...storedOperation(row), ...fromRow(Limits, camelRow(row)) });
          return step === undefined ? [] : [step];
        });
        await writeEnded(client, steps);
        await appendEvents(
          client,
          steps.flatMap(({ events }) => events),
        );
        return steps;
      }),
  };
}
