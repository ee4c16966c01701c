/** What follows from Velero's word by itself: one statement finds it, whatever the number of rows. */

import type { Pool } from 'pg';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import type { VeleroRecord } from '../../core/velero/ports.ts';
import { toldPhases } from '../../core/velero/rules/engine-end.ts';
import { vanishedAfterSeconds } from '../../core/velero/rules/vanished.ts';
import { VeleroResource } from '../../core/velero/rules/velero-resource.ts';
import { type HeldRows, isHeld } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { camelRow, fromRow, shownRow } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { storedOperation, writeObserved } from '../operations/batch.ts';
import { isLive } from './followed.ts';
import { owner, ownerOf } from './velero-record.ts';
import { isWordOf } from './words.ts';

const longAway = `$1::timestamptz - interval '${vanishedAfterSeconds} seconds'`;

const vanished = `
  select v.*, owner.* from velero_resource v
  join velero_watch w on w.cluster_id = v.cluster_id and w.followed_since <= ${longAway}
  join cluster_lease l on l.cluster_id = w.cluster_id and l.connector_id = w.connector_id and l.epoch = w.epoch and ${isLive}
  join velero_resource b on b.cluster_id = v.cluster_id and b.kind = 'BackupStorageLocation'
    and b.name = coalesce(v.storage_location, 'default') and b.phase = 'Available' and b.away_at is null and b.seen_at <= ${longAway}
  ${owner('v')}
  where v.kind = 'Backup' and v.gone_at is null and v.away_at <= ${longAway}
  order by v.away_at limit $2 for update of v skip locked`;
// Its Operation is to leave the cluster now, not only when it would be looked at next. What is locked is looked at then.
const mark = `
  with gone as (update velero_resource set gone_at = $1 where id = any($2::uuid[]) returning *),
    due as (
      select o.id from gone v join operation o on ${isWordOf('v', 'o')}
      where v.copied and o.tidy_at > $1 and o.resource_left_at is null for update of o skip locked
    )
  update operation o set tidy_at = $1 from due where o.id = due.id`;

// For a day: an Operation whose end is not known by then has been ended by a deadline.
const untold = `
  select v.id::text as id, o.id::text as operation_id from velero_resource v join operation o on ${isWordOf('v', 'o')}
  where not v.told and v.phase in (${toldPhases.map((phase) => `'${phase}'`).join(', ')}) and v.seen_at > $1::timestamptz - interval '1 day'
    and not ${isHeld('observe-operations', 'o.id', '$1')}
  order by v.seen_at limit $2`;
const pairs = `
  select ${columnsOf(VeleroResource.shape, 'v')}, o.id::text as of_operation
  from velero_resource v join operation o on ${isWordOf('v', 'o')} where v.id = any($1::uuid[]) for update of v`;
const operations = 'select * from operation where id = any($1::uuid[]) order by id for update skip locked';
const told = 'update velero_resource set told = true where id = any($1::uuid[])';

const forget = `
  delete from velero_resource v
  where v.gone_at < $1::timestamptz - $2 * interval '1 day' and not exists (select from operation o where ${isWordOf('v', 'o')})`;

export function velerosWorkOf(
  pool: Pool,
  heldRows: HeldRows,
): Pick<VeleroRecord, 'confirmVanished' | 'tell' | 'forgetGone'> {
  return {
    async confirmVanished(now, limit, decide) {
      return inTransaction(pool, async (client) => {
        const { rows } = await client.query(vanished, [now, limit]);
        const gone = rows.map(camelRow).map((row) => ({ copy: shownRow(VeleroResource, row), owner: ownerOf(row) }));
        await client.query(mark, [now, gone.map(({ copy }) => copy.id)]);
        await appendEvents(
          client,
          gone.flatMap(({ copy, owner: of }) => decide(copy, of) ?? []),
        );
        return gone.length;
      });
    },
    async tell(now, limit, decide) {
      const { rows: found } = await pool.query(untold, [now, limit]);
      const { results, bad, roleFailure } = await inParts(found, (part) =>
        inTransaction(pool, async (client) => {
          const { rows: locked } = await client.query(operations, [part.map(({ operation_id }) => operation_id)]);
          const { rows: words } = await client.query(pairs, [part.map(({ id }) => id)]);
          const byOperation = new Map(words.map((row) => [String(row.of_operation), row]));
          const { made, bad } = sift(locked, (row) => {
            const { of_operation: _, ...word } = byOperation.get(String(row.id)) ?? {};
            const resource = fromRow(VeleroResource, camelRow(word));
            return { word: resource, ...decide(storedOperation(row).operation, resource) };
          });
          const changed = made.filter((each) => each.changed);
          await writeObserved(client, changed);
          await appendEvents(
            client,
            changed.flatMap(({ events }) => events),
          );
          await client.query(told, [made.filter((each) => each.told).map(({ word }) => word.id)]);
          const ids = new Set(bad.map(({ item }) => String(item.id)));
          const errors = new Map(bad.map(({ item, error }) => [String(item.id), error]));
          return {
            result: changed.length,
            bad: part
              .filter(({ operation_id }) => ids.has(operation_id))
              .map((item) => ({ item, error: errors.get(item.operation_id) })),
          };
        }),
      );
      if (roleFailure !== undefined) throw roleFailure;
      await heldRows.putAside(
        'observe-operations',
        bad.map(({ item, error }) => ({ item: { resourceType: 'Operation', resourceId: item.operation_id }, error })),
        now,
      );
      return results.reduce((sum, count) => sum + count, 0);
    },
    async forgetGone(now, days) {
      return (await pool.query(forget, [now, days])).rowCount ?? 0;
    },
  };
}
