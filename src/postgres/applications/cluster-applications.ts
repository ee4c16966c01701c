/**
 * The mirror of clusters' applications. A batch is read under lock and written back in one statement; what did not
 * change is not written. Registering an application and recording what others did to it wait for each other, so that
 * neither misses the other.
 */

import type { Pool } from 'pg';
import type { ClusterApplications } from '../../core/applications/ports.ts';
import { ApplicationState, ClusterApplication } from '../../core/applications/rules/cluster-application.ts';
import type { Mirrored } from '../../core/applications/rules/mirrored-application.ts';
import type { PageQuery } from '../../core/kernel/rules/page.ts';
import type { ApplicationMirror, KnownApplication } from '../../core/observation/ports.ts';
import { holdFence } from '../clusters/fence.ts';
import type { Prisma } from '../generated/client.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, fromRow, type Row, snakeRow } from '../kit/shape.ts';
import { inTransaction } from '../kit/sql.ts';

/** Held by whoever writes of a cluster what others did there. `$1` is the cluster. */
export const lockMirror = `select pg_advisory_xact_lock(hashtextextended($1::text, 2))`;

const ready = `a.conditions @> '[{"type": "Ready", "status": "True"}]'::jsonb`;
const columns =
  'id organization_id cluster_id namespace name uid mode catalog_id chart release_name release_namespace capabilities conditions seen_at gone_at'.split(
    ' ',
  );
const list = columns.join(', ');

const organization = `select organization_id::text as id from cluster where id = $1`;
const atPlaces = `
  select a.*, ${ready} as ready, i.id as application_instance_id, p.namespace as at_namespace, p.name as at_name
  from (select distinct * from unnest($2::text[], $3::text[]) p(namespace, name)) p
  left join cluster_application a on a.cluster_id = $1 and a.namespace = p.namespace and a.name = p.name
  left join application_instance i on i.cluster_id = $1 and i.namespace = p.namespace and i.name = p.name`;
const missing = `
  select a.*, ${ready} as ready, i.id as application_instance_id, a.namespace as at_namespace, a.name as at_name
  from cluster_application a
  left join application_instance i on i.cluster_id = a.cluster_id and i.namespace = a.namespace and i.name = a.name
  where a.cluster_id = $1 and a.gone_at is null and a.seen_at < $2
    and ($3::text is null or a.namespace = $3) and not a.namespace || '/' || a.name = any($4::text[])`;

const write = `
  insert into cluster_application as a (${list})
  select ${list} from json_populate_recordset(null::cluster_application, $1)
  on conflict (cluster_id, namespace, name) do update set ${columns
    .slice(5)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

export function applicationMirrorOf(pool: Pool): ApplicationMirror {
  return {
    write: (clusterId, places, decide, fence) =>
      inTransaction(pool, async (client) => {
        if (fence !== undefined) await holdFence(client, clusterId, fence);
        await client.query(lockMirror, [clusterId]);
        const { rows: owners } = await client.query(organization, [clusterId]);
        if (owners[0] === undefined) return 0;
        const { rows } =
          'at' in places
            ? await client.query({
                name: 'mirrored-applications',
                text: atPlaces,
                values: [clusterId, places.at.map((at) => at.namespace), places.at.map((at) => at.name)],
              })
            : await client.query(missing, [
                clusterId,
                places.missingFrom.beganAt,
                places.missingFrom.namespace ?? null,
                [...places.missingFrom.present],
              ]);
        const { written, events } = decide(new Map(rows.map(knownApplication)), String(owners[0].id));
        if (written.length > 0)
          await client.query({ name: 'mirror', text: write, values: [JSON.stringify(written.map(snakeRow))] });
        await appendEvents(client, events);
        return written.length;
      }),
  };
}

function knownApplication(row: Row): [string, KnownApplication] {
  const { atNamespace, atName, ...columns } = camelRow(row);
  const known: KnownApplication = {
    ...(columns.id !== null && { mirrored: mirroredOf(columns) }),
    ...(typeof columns.applicationInstanceId === 'string' && { applicationInstanceId: columns.applicationInstanceId }),
  };
  return [`${atNamespace}/${atName}`, known];
}

function mirroredOf(row: Row): Mirrored {
  const { applicationInstanceId: _, ready: __, ...mirrored } = fromRow(ClusterApplication, row);
  return mirrored;
}

const joined = `
  select a.*, ${ready} as ready, i.id as application_instance_id from cluster_application a
  left join application_instance i on i.cluster_id = a.cluster_id and i.namespace = a.namespace and i.name = a.name
  where a.organization_id = $1::uuid and a.cluster_id = $2::uuid`;
const states = `
  select i.id as instance, ${ready} as ready, a.capabilities, a.conditions, a.seen_at, a.gone_at
  from application_instance i
  join cluster_application a on a.cluster_id = i.cluster_id and a.namespace = i.namespace and a.name = i.name
  where i.id = any($1::uuid[])`;
export function clusterApplicationRows(client: Prisma.TransactionClient): ClusterApplications {
  const select = async (sql: string, values: readonly unknown[]): Promise<Row[]> =>
    (await client.$queryRawUnsafe<Row[]>(sql, ...values)).map(camelRow);
  return {
    async find(organizationId, clusterId, id) {
      const [row] = await select(`${joined} and a.id = $3::uuid`, [organizationId, clusterId, id]);
      return row === undefined ? undefined : fromRow(ClusterApplication, row);
    },
    async page(organizationId, clusterId, query) {
      const rows = await select(...pageOf(organizationId, clusterId, query));
      const items = rows.slice(0, query.limit).map((row) => fromRow(ClusterApplication, row));
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      return { items, ...(last !== undefined && { nextCursor: last.id }) };
    },
    async statesOf(applicationInstanceIds) {
      if (applicationInstanceIds.length === 0) return new Map();
      const rows = await select(states, [[...applicationInstanceIds]]);
      return new Map(rows.map(({ instance, ...row }) => [String(instance), fromRow(ApplicationState, row)]));
    },
  };
}

/** The statement for a page and one row more. */
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
