/**
 * Deliveries that are owed to clusters. A claim moves `next_attempt_at` to the end of its lease and signs the row with
 * a lease id. A connector that dies leaves the row due when the lease ends. One that is late finds another lease id and
 * writes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { z } from 'zod';
import type { Claim, Deliveries } from '../../core/delivery/ports.ts';
import type { DeliveryDecision } from '../../core/delivery/rules/attempt.ts';
import type { Attempt } from '../../core/kernel/isolate.ts';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { brief } from '../clusters/fence.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, inParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { selectOf } from '../kit/rows/columns.ts';
import { fromRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeDelivered } from '../operations/batch.ts';
import { OperationRow } from '../operations/columns.ts';
import { mayBeOwed } from '../operations/owed.ts';
import { holdBackOf, mayBeSent, unsentRestores } from './hold-back.ts';

const due = `
  select distinct cluster_id::text as "clusterId" from operation
  where ${mayBeOwed()} and next_attempt_at <= $1 and not ${isHeld('deliver', 'operation.id', '$1')}
    and cluster_id not in (select id from cluster where throttled_until is not null and throttled_until > $1)`;

// An Operation past its deadline is claimed only if the cluster may have it, from an apply without an answer: the claim
// looks for it. One that was cancelled while a process delivered it, and died, may be in the cluster: it is deleted.
// Of the rows in $6, unless it is null. What is held from deliveries is passed over, and what must not be sent yet.
const claimable = (limit: string, approved: string) => `
    select id from operation
    where cluster_id = $1 and ${mayBeOwed()} and next_attempt_at <= $2 and not ${isHeld('deliver', 'operation.id', '$2')}
      and not exists (select from cluster where id = $1 and throttled_until > $2)
      and (owed is distinct from 'Apply' or deliver_before is null or deliver_before > $2 or unanswered > 0 or uid is not null or cancel_requested_at is not null)
      and ${mayBeSent('operation', '$2', approved)}
      and (${limit}::uuid[] is null or id = any(${limit}))
    order by coalesce(scheduled_for, created_at), id
    limit $3
    for update skip locked`;
const claimableIds = claimable('$4', '$5');
// A cancel goes over an apply and over a withdrawal. What has ended is tidied for its own reason.
const isCancel = `o.cancel_requested_at is not null and (o.owed is not null or o.deletion_reason = 'Withdraw')`;
const claim = `
  update operation o
  set attempts = o.attempts + 1, lease_id = $4, next_attempt_at = $2::timestamptz + $5 * interval '1 second',
      owed = case when ${isCancel} then 'Delete' else o.owed end,
      deletion_reason = case when not (${isCancel}) then o.deletion_reason end,
      unanswered = o.unanswered + case when o.owed = 'Apply' and o.cancel_requested_at is null then 1 else 0 end
  from (${claimable('$6', '$7')}
  ) d
  where o.id = d.id
  returning o.*`;

const renewed = `
  update operation set next_attempt_at = $3::timestamptz + $4 * interval '1 second'
  where id = any($1::uuid[]) and lease_id = $2 and ${mayBeOwed()}
  returning id::text`;

const Locked = OperationRow.pick({ id: true, revision: true, observedVersion: true, attempts: true, unanswered: true });
// The record releases what was held: when it fails, it is rolled back.
const locked = `
  with released as (delete from held_row where work = 'deliver' and resource_id = any($1::uuid[]))
  select ${selectOf(Locked.shape, 'o')}, ${brief}
  from operation o where id = any($1::uuid[]) and lease_id = $2 order by id for update`;
const changed = 'select * from operation where id = any($1::uuid[])';

/** Leases are renewed over connections of their own, so that none runs out while others wait for a connection. */
export function deliveriesOf(
  { work, lease, tick }: Readonly<Record<'work' | 'lease' | 'tick', Pool>>,
  heldRows: HeldRows,
): Deliveries {
  const putAside: Deliveries['putAside'] = async (bad, now) => {
    await heldRows.putAside('deliver', bad.map(heldAs('Operation')), now);
  };
  return {
    async dueClusters(now) {
      return (await select(tick, due, [now])).map((row) => String(row.clusterId));
    },
    holdBack: holdBackOf(work, heldRows),
    unsentRestores: (clusterId, now) => unsentRestores(work, clusterId, now),
    async claim(clusterId, now, limit, leaseSeconds, approved) {
      const leaseId = randomUUID();
      const sendable = approved === undefined ? null : [...approved];
      const attempt = async (ids?: readonly string[]): Promise<Taken<string, readonly Claim[]>> => {
        const values = [clusterId, now, limit, leaseId, leaseSeconds, ids ?? null, sendable];
        const { rows } = await work.query({ name: 'claim-deliveries', text: claim, values });
        const { made, bad } = sift(rows, storedOperation);
        const claims = made.flatMap(({ owed, ...stored }): Claim[] =>
          owed === undefined ? [] : [{ ...stored, action: owed, leaseId }],
        );
        return {
          result: claims,
          bad: bad.map(({ item, error }) => ({ item: String(item.id), error })),
          count: rows.length,
        };
      };
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () =>
          (await work.query(claimableIds, [clusterId, now, limit, null, sendable])).rows.map(({ id }) => String(id)),
        some: attempt,
      });
      const claims = results.flat();
      if (roleFailure === undefined) await putAside(bad, now);
      else if (claims.length === 0) throw roleFailure;
      return claims.sort((a, b) => slotOf(a).localeCompare(slotOf(b)));
    },
    putAside,
    async renew(claims, now, leaseSeconds) {
      const [first] = claims;
      if (first === undefined) return new Set();
      const ids = claims.map(({ operation }) => operation.id);
      const rows = await select(lease, renewed, [ids, first.leaseId, now, leaseSeconds]);
      return new Set(rows.map(({ id }) => String(id)));
    },
    async record(answers, decide, now) {
      const { results, bad, roleFailure } = await inParts(answers, (part) =>
        inTransaction(work, (client) => recordIn(client, part, decide)),
      );
      if (roleFailure !== undefined) throw roleFailure;
      await putAside(
        bad.map(({ item, error }) => ({ item: item.claim.operation.id, error })),
        now,
      );
      return results.reduce((sum, count) => sum + count, 0);
    },
  };
}

type Answered = Parameters<Deliveries['record']>[0][number];

async function recordIn(
  client: PoolClient,
  answers: readonly Answered[],
  decide: Parameters<Deliveries['record']>[1],
): Promise<Attempt<Answered, number>> {
  const [first] = answers;
  if (first === undefined) return { result: 0, bad: [] };
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
  const reread = new Map(fresh.map((row) => [String(row.id), row]));
  const { made, bad } = sift(rows, ({ id, attempts, unanswered }): DeliveryDecision[] => {
    const found = answered.get(id);
    if (found === undefined) return [];
    const { claim, answer } = found;
    const again = reread.get(id);
    const operation = again === undefined ? claim.operation : storedOperation(again).operation;
    return [decide({ operation, action: claim.action, attempts, unanswered }, answer)];
  });
  const steps = made.flat();
  await writeDelivered(client, steps);
  await appendEvents(
    client,
    steps.flatMap((step) => step.events),
  );
  return {
    result: steps.length,
    bad: bad.flatMap(({ item, error }) => {
      const found = answered.get(item.id);
      return found === undefined ? [] : [{ item: found, error }];
    }),
  };
}

function slotOf({ operation }: Claim): string {
  return `${operation.scheduledFor ?? operation.createdAt}${operation.id}`;
}
