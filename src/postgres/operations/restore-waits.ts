/** Backups that wait for an open Restore of their application: held ones on demand, and slots of schedules. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { Instant } from '../../core/kernel/rules/fields.ts';
import type { RestoreWaits } from '../../core/operations/ports.ts';
import { appendEvents } from '../kit/events.ts';
import { fromRow } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { isOpen } from './open.ts';

const held = `'[{"type": "Held", "status": "True", "reason": "RestoreInFlight"}]'`;

/** A row: how many wait in the application `instance`, and since when the first does; no instant when none waits. */
export function backupsWaiting(instance: string): string {
  return `
    select min(waiting.since) as since, count(*)::int as waiting_count from (
      select (jsonb_path_query_first(b.conditions, '$[*] ? (@.type == "Held")') ->> 'lastTransitionTime')::timestamptz as since
      from operation b
      where b.application_instance_id = ${instance} and b.type = 'Backup' and b.phase in ('Pending', 'Running') and b.conditions @> ${held}
      union all
      select f.fired_at from schedule s
      join fire f on f.schedule_id = s.id and f.scheduled_for = s.next_slot_at and f.outcome = 'Deferred'
      where s.application_instance_id = ${instance} and s.deleted_at is null and s.deferred_reason = 'RestoreInFlight'
    ) waiting`;
}

/** Open Restores for which backups have waited for longer than the class allows, as of `$1`. */
export const longWaits = `operation r
  join application_instance i on i.id = r.application_instance_id
  join application_class c on c.id = i.application_class_id
  cross join lateral (${backupsWaiting('r.application_instance_id')}) w
  where r.type = 'Restore' and ${isOpen('r')} and w.since + c.restore_wait_seconds * interval '1 second' <= $1`;

const untold = `
  select r.id, r.organization_id as "organizationId", r.cluster_id as "clusterId", r.application_instance_id as "applicationInstanceId",
         r.name, w.since, w.waiting_count as "waitingCount", c.restore_wait_seconds as "limitSeconds"
  from ${longWaits} and r.wait_told_at is null
  order by r.id limit $2 for update of r skip locked`;
const Wait = z.object({
  id: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationInstanceId: z.string(),
  name: z.string(),
  since: Instant,
  waitingCount: z.int(),
  limitSeconds: z.int(),
});

export function restoreWaitsOf(pool: Pool): RestoreWaits {
  return {
    tell: (now, limit, eventOf) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query(untold, [now, limit]);
        const waits = rows.map((row) => fromRow(Wait, row));
        if (waits.length === 0) return 0;
        await client.query('update operation set wait_told_at = $2 where id = any($1::uuid[])', [
          waits.map(({ id }) => id),
          now,
        ]);
        await appendEvents(client, waits.map(eventOf));
        return waits.length;
      }),
  };
}
