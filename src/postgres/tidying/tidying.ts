/**
 * Finds Operations that have ended and may be to leave their cluster, with what is known beside them: one statement over
 * the few that are due by a partial index, whatever the history.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import type { Tidying, TidyStep } from '../../core/tidying/ports.ts';
import type { TidyCandidate } from '../../core/tidying/rules/tidy.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { camelRow, fromRow, jsonRows, type Row } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation } from '../operations/batch.ts';
import { owesNothing } from '../operations/owed.ts';
import { isFollowed } from '../velero/followed.ts';
import { isWordOf } from '../velero/words.ts';

/** Exactly the condition of the partial index. */
const mayBeThere = `o.phase in ('Succeeded', 'Failed', 'Cancelled') and o.uid is not null and o.origin <> 'cluster' and o.resource_left_at is null and o.resource_gone_at is null`;

// What has been applied, or may have been.
const inFlight = `
  exists (
    select from operation b
    where b.cluster_id = o.cluster_id and b.phase in ('Pending', 'Running') and b.namespace = o.namespace and b.target = o.target
      and b.id <> o.id and (b.uid is not null or b.attempts > 0)
  )`;
const location = `coalesce(v.storage_location, o.outputs->>'storageLocation', o.parameters->>'storageLocation', 'default')`;
const locationPhase = `
  coalesce(
    (select b.phase from velero_resource b
     where b.cluster_id = o.cluster_id and b.kind = 'BackupStorageLocation' and b.name = ${location} and b.away_at is null),
    (select l->>'phase' from jsonb_path_query(k.discovery, '$.storageLocations.items[*]') l where l->>'name' = ${location} limit 1)
  )`;

const candidates = `
  select o.*, k.tidy and k.retired_at is null as allowed, ${inFlight} as target_in_flight, ${isFollowed('o.cluster_id')} as follows_velero,
    ${locationPhase} as location_phase,
    case when v.id is not null then json_build_object(
      'phase', v.phase, 'copied', v.copied, 'startedAt', v.started_at, 'awayAt', v.away_at, 'goneAt', v.gone_at, 'expiresAt', v.expires_at
    ) end as word
  from operation o
  join cluster k on k.id = o.cluster_id
  left join velero_resource v on ${isWordOf('v', 'o')}`;
const dueAt = `coalesce(o.tidy_at, o.finished_at)`;
const isDue = `o.type = $4 and ${mayBeThere} and ${dueAt} <= $1`;

/** A test asks PostgreSQL for its plan. */
export const dueToTidy = `
  ${candidates}
  where ${isDue} and ${owesNothing('o')} and ($3::uuid[] is null or o.id = any($3)) and not ${isHeld('tidy-operations', 'o.id', '$1')}
  order by ${dueAt} limit $2 for update of o skip locked`;
const dueIds = `select o.id::text from operation o where o.type = $2 and ${mayBeThere} and ${dueAt} <= $1 order by ${dueAt} limit $3`;
const one = `${candidates} where ${mayBeThere} and o.id = $1`;

// Whoever claims it counts its tries from here.
const write = `
  update operation o
  set tidy_at = w.tidy_at, conditions = coalesce(w.conditions, o.conditions),
      deletion_reason = coalesce(w.deletion_reason, o.deletion_reason),
      next_attempt_at = case when w.deletion_reason is null then o.next_attempt_at else to_timestamp(0) end,
      attempts = case when w.deletion_reason is null then o.attempts else 0 end,
      revision = o.revision + case when w.deletion_reason is null then 0 else 1 end
  from json_populate_recordset(null::operation, $1) w where o.id = w.id`;

const absent = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? undefined, schema.optional());
const instant = absent(z.string().transform((text) => new Date(text).toISOString()));
const Beside = z.object({
  allowed: z.boolean(),
  targetInFlight: z.boolean(),
  followsVelero: z.boolean(),
  locationPhase: z.string().optional(),
  word: z
    .object({
      phase: z.string(),
      copied: z.boolean(),
      startedAt: instant,
      awayAt: instant,
      goneAt: instant,
      expiresAt: instant,
    })
    .optional(),
});

function candidateOf(row: Row): TidyCandidate {
  return { operation: storedOperation(row).operation, ...fromRow(Beside, camelRow(row)) };
}

export function tidyingOf(pool: Pool, heldRows: HeldRows): Tidying {
  return {
    async look(type, now, limit, decide) {
      const attempt = (ids?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, readonly (TidyStep & { readonly id: string })[]>> => {
          const values = [now, limit, ids ?? null, type];
          const { rows } = await client.query({ name: 'due-to-tidy', text: dueToTidy, values });
          const { made, bad } = sift(rows, (row) => ({ id: String(row.id), ...decide(candidateOf(row)) }));
          const written = made.map(({ id, tidyAt, leaving }) => ({
            ...{ id, tidyAt },
            ...(leaving !== undefined && { conditions: leaving.conditions, deletionReason: 'Tidy' }),
          }));
          if (written.length > 0) await client.query({ name: 'write-tidy', text: write, values: [jsonRows(written)] });
          return {
            result: made,
            bad: bad.map(({ item, error }) => ({ item: String(item.id), error })),
            count: rows.length,
          };
        });
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () => (await pool.query(dueIds, [now, type, limit])).rows.map(({ id }) => String(id)),
        some: attempt,
      });
      if (roleFailure !== undefined) throw roleFailure;
      await heldRows.putAside('tidy-operations', bad.map(heldAs('Operation')), now);
      const steps = results.flat();
      await heldRows.release(
        'tidy-operations',
        steps.map(({ id }) => id),
      );
      return steps;
    },
    async candidate(operationId) {
      const { rows } = await pool.query({ name: 'tidy-candidate', text: one, values: [operationId] });
      return rows.map(candidateOf)[0];
    },
  };
}
