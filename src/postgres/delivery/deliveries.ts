/**
 * Deliveries that are owed to clusters. A claim moves `next_attempt_at` to the end of its lease and signs the row with
 * a lease id. A connector that dies leaves the row due when the lease ends. One that is late finds another lease id and
 * writes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type { Claim, Deliveries } from '../../core/delivery/ports.ts';
import type { DeliveryDecision } from '../../core/delivery/rules/attempt.ts';
import { brief } from '../clusters/fence.ts';
import { selectOf } from '../kit/columns.ts';
import { appendEvents } from '../kit/events.ts';
import { fromRow } from '../kit/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeDelivered } from '../operations/batch.ts';
import { OperationRow } from '../operations/columns.ts';

const due = `
  select distinct cluster_id::text as "clusterId" from operation
  where owed is not null and next_attempt_at <= $1
    and cluster_id not in (select id from cluster where throttled_until is not null and throttled_until > $1)`;

// An Operation past its deadline is claimed only if the cluster may have it, from an apply without an answer: the claim
// looks for it. One that was cancelled while a process delivered it, and died, may be in the cluster: it is deleted.
const claim = `
  update operation o
  set attempts = o.attempts + 1, lease_id = $4, next_attempt_at = $2::timestamptz + $5 * interval '1 second',
      owed = case when o.cancel_requested_at is not null then 'Delete' else o.owed end,
      unanswered = o.unanswered + case when o.owed = 'Apply' and o.cancel_requested_at is null then 1 else 0 end
  from (
    select id from operation
    where cluster_id = $1 and owed is not null and next_attempt_at <= $2
      and not exists (select from cluster where id = $1 and throttled_until > $2)
      and (owed <> 'Apply' or deliver_before is null or deliver_before > $2 or unanswered > 0 or uid is not null or cancel_requested_at is not null)
    order by coalesce(scheduled_for, created_at), id
    limit $3
    for update skip locked
  ) d
  where o.id = d.id
  returning o.*`;

const renewed = `
  update operation set next_attempt_at = $3::timestamptz + $4 * interval '1 second'
  where id = any($1::uuid[]) and lease_id = $2 and owed is not null
  returning id::text`;

const Locked = OperationRow.pick({ id: true, revision: true, observedVersion: true, attempts: true, unanswered: true });
const locked = `
  select ${selectOf(Locked.shape, 'o')}, ${brief}
  from operation o where id = any($1::uuid[]) and lease_id = $2 order by id for update`;
const changed = 'select * from operation where id = any($1::uuid[])';

/** Leases are renewed over connections of their own, so that none runs out while others wait for a connection. */
export function deliveriesOf(pool: Pool, leasePool: Pool): Deliveries {
  return {
    async dueClusters(now) {
      return (await select(pool, due, [now])).map((row) => String(row.clusterId));
    },
    async claim(clusterId, now, limit, leaseSeconds) {
      const leaseId = randomUUID();
      const { rows } = await pool.query({
        name: 'claim-deliveries',
        text: claim,
        values: [clusterId, now, limit, leaseId, leaseSeconds],
      });
      const claims = rows
        .map(storedOperation)
        .flatMap(({ owed, ...stored }): Claim[] => (owed === undefined ? [] : [{ ...stored, action: owed, leaseId }]));
      return claims.sort((a, b) => slotOf(a).localeCompare(slotOf(b)));
    },
    async renew(claims, now, leaseSeconds) {
      const [first] = claims;
      if (first === undefined) return new Set();
      const ids = claims.map(({ operation }) => operation.id);
      const rows = await select(leasePool, renewed, [ids, first.leaseId, now, leaseSeconds]);
      return new Set(rows.map(({ id }) => String(id)));
    },
    record: (answers, decide) =>
      inTransaction(pool, async (client) => {
        const [first] = answers;
        if (first === undefined) return 0;
        const answered = new Map(answers.map((each) => [each.claim.operation.id, each]));
        const values = [[...answered.keys()], first.claim.leaseId];
        const { rows: leased } = await client.query({ name: 'lock-leased', text: locked, values });
        const rows = leased.map((row) => fromRow(Locked, row));
        // An Operation that did not change since its claim need not be read again.
        const isAsClaimed = ({ id, revision, observedVersion }: z.infer<typeof Locked>) => {
          const known = answered.get(id)?.claim.operation;
          return known?.revision === revision && known.observedVersion === observedVersion;
        };
        const stale = rows.filter((row) => !isAsClaimed(row)).map(({ id }) => id);
        const { rows: fresh } = stale.length === 0 ? { rows: [] } : await client.query(changed, [stale]);
        const reread = new Map(fresh.map(storedOperation).map(({ operation }) => [operation.id, operation]));
        const steps = rows.flatMap(({ id, attempts, unanswered }): DeliveryDecision[] => {
          const found = answered.get(id);
          if (found === undefined) return [];
          const { claim, answer } = found;
          const operation = reread.get(id) ?? claim.operation;
          return [decide({ operation, action: claim.action, attempts, unanswered }, answer)];
        });
        await writeDelivered(client, steps);
        await appendEvents(
          client,
          steps.flatMap((step) => step.events),
        );
        return steps.length;
      }),
  };
}

function slotOf({ operation }: Claim): string {
  return `${operation.scheduledFor ?? operation.createdAt}${operation.id}`;
}
