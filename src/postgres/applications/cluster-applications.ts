/** Reads the mirror of clusters' applications, each with the application instance that is registered for it. */

import type { ClusterApplications } from '../../core/applications/ports.ts';
import { ApplicationState, ClusterApplication } from '../../core/applications/rules/cluster-application.ts';
import type { PageQuery } from '../../core/kernel/rules/page.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { shownRow } from '../kit/rows/shape.ts';
import { type Sql, select } from '../kit/sql.ts';

const ready = `a.conditions @> '[{"type": "Ready", "status": "True"}]'::jsonb`;

const joined = `
  select a.*, ${ready} as ready, i.id as application_instance_id from cluster_application a
  left join application_instance i on i.cluster_id = a.cluster_id and i.namespace = a.namespace and i.name = a.name
    and i.retired_at is null
  where a.organization_id = $1::uuid and a.cluster_id = $2::uuid`;
const states = `
  select i.id as instance, ${ready} as ready, ${columnsOf(ApplicationState.omit({ ready: true }).shape, 'a')}
  from application_instance i
  join cluster_application a on a.cluster_id = i.cluster_id and a.namespace = i.namespace and a.name = i.name
  where i.id = any($1::uuid[]) and i.retired_at is null`;

export function clusterApplicationRows(client: Sql): ClusterApplications {
  return {
    async find(organizationId, clusterId, id) {
      const [row] = await select(client, `${joined} and a.id = $3::uuid`, [organizationId, clusterId, id]);
      return row === undefined ? undefined : shownRow(ClusterApplication, row);
    },
    async page(organizationId, clusterId, query) {
      const rows = await select(client, ...pageOf(organizationId, clusterId, query));
      const items = rows.slice(0, query.limit).map((row) => shownRow(ClusterApplication, row));
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      return { items, ...(last !== undefined && { nextCursor: last.id }) };
    },
    async statesOf(applicationInstanceIds) {
      if (applicationInstanceIds.length === 0) return new Map();
      const rows = await select(client, states, [[...applicationInstanceIds]]);
      return new Map(rows.map(({ instance, ...row }) => [String(instance), shownRow(ApplicationState, row)]));
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
    ...(cursor === undefined ? [] : [`a.id ${descending ? '<' : '>'} ${given(cursor)}::uuid`]),
    ...(where.namespace === undefined ? [] : [`a.namespace = ${given(where.namespace)}`]),
    ...is(where.adopted, 'i.id is not null'),
    ...is(where.ready, ready),
    ...is(where.gone, 'a.gone_at is not null'),
  ].map((condition) => ` and ${condition}`);
  return [`${joined}${conditions.join('')} order by a.id ${descending ? 'desc' : 'asc'} limit ${limit + 1}`, values];
}
