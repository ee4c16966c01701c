/** Holds back what must not be sent yet, and keeps it out of claims. */

import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Deliveries } from '../../core/delivery/ports.ts';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { OperationType } from '../../core/kernel/rules/operation-type.ts';
import { Phase } from '../../core/operations/rules/operation.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import type { Row } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeDelivered } from '../operations/batch.ts';
import { isOpen } from '../operations/open.ts';

/** `x` is an Operation of that type of the same application, in the same cluster. Its phase is in words of an index. */
const otherOf = (operation: string, type: 'Backup' | 'Restore') =>
  `x.application_instance_id = ${operation}.application_instance_id and x.cluster_id = ${operation}.cluster_id and x.type = '${type}'`;

/** Never sent, as far as anybody knows. */
const unsent = (operation: string) =>
  `${operation}.owed = 'Apply' and ${operation}.uid is null and ${operation}.unanswered = 0 and ${operation}.cancel_requested_at is null`;

/**
 * SQL: whether an owed action may be claimed at `now`, whether or not somebody has looked at what holds it back. Of a
 * Backup and a Restore of one application that are due at the same moment, the Backup goes. Unless `approved` is null, of
 * the Restores only those may be sent.
 */
export function mayBeSent(operation: string, now: string, approved: string): string {
  return `(${operation}.owed is distinct from 'Apply' or not (${unsent(operation)}) or case ${operation}.type
      when 'Backup' then not exists (select from operation x where ${otherOf(operation, 'Restore')} and ${isOpen('x')})
      when 'Restore' then (${approved}::uuid[] is null or ${operation}.id = any(${approved})) and not exists (
        select from operation x where ${otherOf(operation, 'Backup')} and x.phase in ('Pending', 'Running')
          and (${isOpen('x')} or (x.owed = 'Apply' and x.next_attempt_at <= ${now}))
      )
      else true end)`;
}

const named = (type: 'Backup' | 'Restore', ofType: 'Backup' | 'Restore') =>
  `(select x.type, x.name, x.phase from operation x where o.type = '${ofType}' and ${otherOf('o', type)} and ${isOpen('x')} order by x.id limit 1)`;
const maxCount = 1_000;
const candidates = `
    select o.*, x.type as other_type, x.name as other_name, x.phase as other_phase
    from operation o
    left join lateral (${named('Restore', 'Backup')} union all ${named('Backup', 'Restore')}) x on true
    where o.cluster_id = $1 and o.next_attempt_at <= $2 and ${unsent('o')} and not ${isHeld('deliver', 'o.id', '$2')}
      and (x.name is not null or o.type = 'Restore' or o.conditions @> '[{"type": "Held"}]') and ($3::uuid[] is null or o.id = any($3))
    order by o.id limit ${maxCount}
    for update of o skip locked`;
const candidateIds = `select id::text from (${candidates}) c`;
const restores = `select id::text from operation o where cluster_id = $1 and next_attempt_at <= $2 and type = 'Restore' and ${unsent('o')} limit ${maxCount}`;
const wait = `update operation set next_attempt_at = w.at
  from unnest($1::uuid[], $2::timestamptz[]) w(id, at) where operation.id = w.id`;

export async function unsentRestores(pool: Pool, clusterId: string, now: string): Promise<readonly string[]> {
  return (await select(pool, restores, [clusterId, now])).map(({ id }) => String(id));
}

const Other = z.object({ type: OperationType, name: z.string(), phase: Phase });

export function holdBackOf(pool: Pool, heldRows: HeldRows): Deliveries['holdBack'] {
  return async (clusterId, now, decide) => {
    const attempt = (ids?: readonly string[]) =>
      inTransaction(pool, (client) => holdIn(client, [clusterId, now, ids ?? null], decide));
    const { bad, roleFailure } = await byParts({
      whole: () => attempt(),
      rows: async () => (await pool.query(candidateIds, [clusterId, now, null])).rows.map(({ id }) => String(id)),
      some: attempt,
    });
    if (roleFailure !== undefined) throw roleFailure;
    await heldRows.putAside('deliver', bad.map(heldAs('Operation')), now);
  };
}

async function holdIn(
  client: PoolClient,
  values: readonly unknown[],
  decide: Parameters<Deliveries['holdBack']>[2],
): Promise<Taken<string, undefined>> {
  const { rows } = await client.query({ name: 'hold-back', text: candidates, values: [...values] });
  const { made, bad } = sift(rows, (row: Row) => {
    const { other_type: type, other_name: name, other_phase: phase, ...raw } = row;
    const stored = storedOperation(raw);
    const openOther = type === null ? undefined : Other.parse({ type, name, phase });
    return { ...stored, ...decide({ operation: stored.operation, openOther }) };
  });
  await writeDelivered(
    client,
    made.filter(({ changed }) => changed).map(({ lookAgainAt, ...step }) => ({ ...step, retryAt: lookAgainAt })),
  );
  const still = made.filter(({ changed, lookAgainAt }) => !changed && lookAgainAt !== undefined);
  if (still.length > 0)
    await client.query(wait, [still.map(({ operation }) => operation.id), still.map(({ lookAgainAt }) => lookAgainAt)]);
  await appendEvents(
    client,
    made.flatMap(({ events }) => events),
  );
  return {
    result: undefined,
    bad: bad.map(({ item, error }) => ({ item: String(item.id), error })),
    count: rows.length,
  };
}
