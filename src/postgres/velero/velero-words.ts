/** Velero's words about Operations, and the list of a cluster's copies. */

import type { Pool } from 'pg';
import { Instant } from '../../core/kernel/rules/fields.ts';
import type { PageQuery } from '../../core/kernel/rules/page.ts';
import type { VeleroCopies, VeleroWords } from '../../core/velero/ports.ts';
import { VeleroCopy } from '../../core/velero/rules/velero-copy.ts';
import { type SeenWord, VeleroResource } from '../../core/velero/rules/velero-resource.ts';
import { shownRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { isWordOf, lastSeenAt } from './words.ts';

const words = `
  select v.*, ${lastSeenAt('v')} as last_seen_at, o.id::text as of_operation
  from operation o join velero_resource v on ${isWordOf('v', 'o')} where o.id = any($1::uuid[])`;
const Word = VeleroResource.extend({ lastSeenAt: Instant });

export function velerosWordsOf(pool: Pool): VeleroWords {
  return {
    async of(operationIds) {
      if (operationIds.length === 0) return new Map();
      const rows = await select(pool, words, [[...operationIds]]);
      return new Map(
        rows.map(({ ofOperation, ...row }): [string, SeenWord] => [String(ofOperation), shownRow(Word, row)]),
      );
    },
  };
}

// An application by the label of the copy, or by the one namespace that it includes when it is the only one there.
const inNamespace = `x.cluster_id = v.cluster_id and x.namespace = v.namespaces->>0 and x.retired_at is null`;
const copies = `
  select v.*, coalesce(v.items_done, v.total_items) as item_count, ${lastSeenAt('v')} as last_seen_at, o.id as operation_id,
    coalesce(o.application_instance_id, told.id) as application_instance_id,
    case when not v.copied or v.away_at is not null or v.gone_at is not null then null
      when o.phase = 'Cancelled' then 'OperationCancelled'
      when exists (
        select from cluster_application a
        where a.cluster_id = v.cluster_id and a.gone_at is not null
          and a.namespace = coalesce(o.namespace, v.namespaces->>0) and a.name = coalesce(o.target, v.target)
      ) then 'ApplicationGone' end as orphan
  from velero_resource v
  left join lateral (select o.* from operation o where ${isWordOf('v', 'o')} order by o.id desc limit 1) o on true
  left join lateral (
    select x.id from application_instance x
    where o.id is null and jsonb_array_length(v.namespaces) = 1 and ${inNamespace}
      and (x.name = v.target or (v.target is null and (select count(*) from application_instance x where ${inNamespace}) = 1))
    limit 1
  ) told on true
  where v.organization_id = $1::uuid and v.cluster_id = $2::uuid and v.kind = 'Backup'`;

export function velerosCopiesOf(pool: Pool): VeleroCopies {
  return {
    async page(organizationId, clusterId, query) {
      const rows = await select(pool, ...pageOf(organizationId, clusterId, query));
      const items = rows.slice(0, query.limit).map((row) => shownRow(VeleroCopy, row));
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      return { items, ...(last !== undefined && { nextCursor: last.id }) };
    },
  };
}

/** The statement for a page. It reads one row more, which says that there is a next page. */
function pageOf(organizationId: string, clusterId: string, query: PageQuery): [string, unknown[]] {
  const { limit, cursor, descending = false, where = {} } = query;
  const values: unknown[] = [organizationId, clusterId];
  const given = (value: unknown) => `$${values.push(value)}`;
  const is = (wanted: unknown, condition: string) =>
    wanted === undefined ? [] : [wanted === true ? `(${condition})` : `not (${condition})`];
  const conditions = [
    'true',
    ...(cursor === undefined ? [] : [`c.id ${descending ? '<' : '>'} ${given(cursor)}::uuid`]),
    ...(where.applicationInstanceId === undefined
      ? []
      : [`c.application_instance_id = ${given(where.applicationInstanceId)}::uuid`]),
    ...is(where.ofOperation, 'c.operation_id is not null'),
    ...is(where.orphaned, 'c.orphan is not null'),
    ...is(where.gone, 'c.gone_at is not null'),
  ];
  const text = `select * from (${copies}) c where ${conditions.join(' and ')} order by c.id ${descending ? 'desc' : 'asc'} limit ${limit + 1}`;
  return [text, values];
}
