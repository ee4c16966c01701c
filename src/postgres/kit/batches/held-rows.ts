/**
 * Rows that are held, in the database (src/core/kernel/rules/broken/held-row.ts). A hold counts by the time that its work goes by. One that ends
 * further ahead than the longest hold was written by a clock that was wrong, and does not hold.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Log } from '../../../core/kernel/ports.ts';
import type { Bad } from '../../../core/kernel/rules/broken/bad-rows.ts';
import {
  type HeldRow,
  type HeldType,
  type HeldWork,
  heldSeconds,
  staleHeldSeconds,
} from '../../../core/kernel/rules/broken/held-row.ts';
import { jsonRows } from '../rows/shape.ts';
import { select } from '../sql.ts';
import { heldReasonOf } from './blame.ts';

const seconds = (count: number) => `interval '${count} seconds'`;

/** SQL: whether a row is held from `work` at `now`; `id` is its column. */
export function isHeld(work: HeldWork, id: string, now: string): string {
  return `exists (select from held_row h where h.work = '${work}' and h.resource_id = ${id}
    and h.look_again_at > ${now} and h.look_again_at <= ${now}::timestamptz + ${seconds(heldSeconds.longest)})`;
}

/** SQL: whether a row was held from `work`, and has not been worked on since; its hold may have run out. */
export function wasHeld(work: HeldWork, id: string, now: string): string {
  return `exists (select from held_row h where h.work = '${work}' and h.resource_id = ${id}
    and h.look_again_at > ${now}::timestamptz - ${seconds(staleHeldSeconds)})`;
}

/** What has no row here is named by a cluster, which may name any number. */
const maxNamedCount = 100;
/** Whose row it is: of any kind, so that whoever puts a row aside need not have been able to read it. */
const owner = ['schedule', 'operation', 'application_instance', 'cluster', 'blackout_window']
  .map((table) => `(select organization_id from "${table}" where id = w.resource_id)`)
  .join(', ');
const Held = z.object({ resourceId: z.string(), name: z.string() });
const wasForgotten = `h.look_again_at < $2::timestamptz - ${seconds(staleHeldSeconds)}`;
const putText = `
  with stale as (
    delete from held_row where look_again_at < $2::timestamptz - ${seconds(24 * 3600)}
  )
  insert into held_row as h (work, resource_type, resource_id, name, organization_id, reason, message, since, attempts, look_again_at)
  select $1, w.resource_type, w.resource_id, w.name, coalesce(${owner}), w.reason, w.message,
         $2, 1, $2::timestamptz + ${seconds(heldSeconds.first)}
  from json_populate_recordset(null::held_row, $3) w
  where w.name = '' or (select count(*) from held_row n where n.work = $1 and n.resource_id = w.resource_id) < ${maxNamedCount}
  order by w.resource_id, w.name
  on conflict (work, resource_id, name) do update set
    reason = excluded.reason, message = excluded.message, organization_id = excluded.organization_id,
    since = case when ${wasForgotten} then excluded.since else h.since end,
    attempts = case when ${wasForgotten} then 1 else h.attempts + 1 end,
    look_again_at = $2::timestamptz + case when ${wasForgotten} then ${heldSeconds.first}
      else least(${heldSeconds.longest}, ${heldSeconds.first} * power(2, least(h.attempts, 20))) end * interval '1 second'
  returning resource_id::text as "resourceId", name, attempts`;
/** Stored in whole milliseconds: rounded up, it would lie ahead of the look that follows at once. */
const lookAgain = "update held_row set look_again_at = date_trunc('milliseconds', now()) where look_again_at > now()";
const release = 'delete from held_row where work = $1 and resource_id = any($2::uuid[])';

/** Ends all holds of a row, because somebody has changed it. `$1` is its id. */
export const releaseRow = 'delete from held_row where resource_id = $1::uuid';

export interface HeldRows {
  /**
   * Puts rows aside, each for longer than the time before, and logs them. `now` is the time that the work goes by.
   * Returns those that were not held before.
   */
  putAside(work: HeldWork, bad: readonly Bad<HeldRow>[], now?: string): Promise<readonly HeldRow[]>;
  /** Ends the holds of rows, because the work was done for them. */
  release(work: HeldWork, resourceIds: readonly string[]): Promise<void>;
  /** Each row that is held is looked at again now. */
  lookAgain(): Promise<void>;
}

/** Makes bad rows, of which the id is known, into rows of their type. */
export function heldAs(resourceType: HeldType) {
  return ({ item, error }: Bad<string>): Bad<HeldRow> => ({ item: { resourceType, resourceId: item }, error });
}

const keyOf = ({ resourceId, name = '' }: Pick<HeldRow, 'resourceId' | 'name'>) => `${resourceId} ${name}`;

export function heldRowsOf(pool: Pool, log: Log): HeldRows {
  return {
    async putAside(work, bad, now = new Date().toISOString()) {
      if (bad.length === 0) return [];
      const byKey = new Map(bad.map((each) => [keyOf(each.item), each]));
      const rows = [...byKey.values()].map(({ item, error }) => ({ name: '', ...item, ...heldReasonOf(error) }));
      for (const { item, error } of byKey.values())
        log.error({ work, ...item, err: error }, 'a row is put aside: it cannot be worked on as it is');
      const put = await select(pool, putText, [work, now, jsonRows(rows)]);
      const fresh = new Set(put.filter(({ attempts }) => attempts === 1).map((row) => keyOf(Held.parse(row))));
      return [...byKey].flatMap(([key, { item }]) => (fresh.has(key) ? [item] : []));
    },
    async release(work, resourceIds) {
      if (resourceIds.length > 0) await pool.query(release, [work, resourceIds]);
    },
    async lookAgain() {
      await pool.query(lookAgain);
    },
  };
}
