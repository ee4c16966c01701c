/**
 * Writes the mirror of clusters' applications. A batch is read under lock, folded by the domain, and written back in
 * one statement. Applications that did not change are not written.
 */

import type { Pool, PoolClient } from 'pg';
import { Mirrored } from '../../core/applications/rules/mirrored-application.ts';
import type { ApplicationMirror, CompleteList, KnownApplication, Places } from '../../core/observation/ports.ts';
import { type LeftOut, maxMirroredCount, togetherLeftOut } from '../../core/observation/rules/foreign-caps.ts';
import { holdFence } from '../clusters/fence.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { assignmentsOf, columnsOf } from '../kit/rows/columns.ts';
import { camelRow, jsonRows, type Row, shownRow } from '../kit/rows/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { lockMirror } from './mirror-lock.ts';

const columns = columnsOf(Mirrored.shape);
const changing = Mirrored.omit({ id: true, organizationId: true, clusterId: true, namespace: true, name: true });

const organization = `select organization_id::text as id from cluster where id = $1`;
const atPlaces = `
  select a.*, i.id as application_instance_id, p.namespace as at_namespace, p.name as at_name
  from (select distinct * from unnest($2::text[], $3::text[]) p(namespace, name)) p
  left join cluster_application a on a.cluster_id = $1 and a.namespace = p.namespace and a.name = p.name
  left join application_instance i on i.cluster_id = $1 and i.namespace = p.namespace and i.name = p.name
    and i.retired_at is null`;
const missing = `
  select a.*, i.id as application_instance_id, a.namespace as at_namespace, a.name as at_name
  from cluster_application a
  left join application_instance i on i.cluster_id = a.cluster_id and i.namespace = a.namespace and i.name = a.name
    and i.retired_at is null
  where a.cluster_id = $1 and a.gone_at is null and a.seen_at < $2
    and ($3::text is null or a.namespace = $3) and not a.namespace || '/' || a.name = any($4::text[])
    and ($5::text[] is null or a.namespace || '/' || a.name = any($5))`;
const missingPlaces = missing.replace(/select[\s\S]*?from/, `select a.namespace || '/' || a.name as place from`);

const mirroredCount = `
  select count(*)::int as count from (select from cluster_application where cluster_id = $1 limit $2) a`;

const write = `
  insert into cluster_application as a (${columns})
  select ${columns} from json_populate_recordset(null::cluster_application, $1)
  on conflict (cluster_id, namespace, name) do update set ${assignmentsOf(changing.shape, 'excluded')}`;

export function applicationMirrorOf(pool: Pool, heldRows: HeldRows): ApplicationMirror {
  return {
    async write(clusterId, places, fold, fence) {
      const attempt = (only?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, LeftOut | undefined>> => {
          if (fence !== undefined) await holdFence(client, clusterId, fence);
          await client.query(lockMirror, [clusterId]);
          const { rows: owners } = await client.query(organization, [clusterId]);
          if (owners[0] === undefined) return { result: undefined, bad: [], count: 0 };
          const { rows } = await client.query(statementOf(clusterId, places, only));
          const known = new Map(rows.map(knownApplication));
          const { written: all, events, bad } = fold(known, String(owners[0].id));
          const { written, leftOut } = await withinCap(client, clusterId, all, known);
          if (written.length > 0) await client.query({ name: 'mirror', text: write, values: [jsonRows(written)] });
          await appendEvents(client, events);
          return { result: leftOut, bad, count: rows.length };
        });
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () =>
          'at' in places
            ? [...new Set(places.at.map(({ namespace, name }) => `${namespace}/${name}`))]
            : (await pool.query(missingPlaces, valuesOf(clusterId, places.missingFrom))).rows.map(({ place }) =>
                String(place),
              ),
        some: attempt,
      });
      if (roleFailure !== undefined) throw roleFailure;
      await heldRows.putAside(
        'mirror-applications',
        bad.map(({ item: name, error }) => ({ item: { resourceType: 'Cluster', resourceId: clusterId, name }, error })),
      );
      return { leftOut: togetherLeftOut(results) };
    },
  };
}

/** Without new applications beyond the cap that are not registered. */
async function withinCap(
  client: PoolClient,
  clusterId: string,
  written: readonly Mirrored[],
  known: ReadonlyMap<string, KnownApplication>,
): Promise<{ readonly written: readonly Mirrored[]; readonly leftOut: LeftOut | undefined }> {
  const isNew = ({ namespace, name }: Mirrored) => {
    const { mirrored, applicationInstanceId } = known.get(`${namespace}/${name}`) ?? {};
    return mirrored === undefined && applicationInstanceId === undefined;
  };
  const added = written.filter(isNew);
  if (added.length === 0) return { written, leftOut: undefined };
  const { rows } = await client.query(mirroredCount, [clusterId, maxMirroredCount]);
  const room = Math.max(0, maxMirroredCount - Number(rows[0]?.count));
  if (added.length <= room) return { written, leftOut: undefined };
  const dropped = new Set(added.slice(room));
  return {
    written: written.filter((each) => !dropped.has(each)),
    leftOut: { of: 'applications', limit: maxMirroredCount, count: dropped.size },
  };
}

function valuesOf(clusterId: string, list: CompleteList, only?: readonly string[]): unknown[] {
  return [clusterId, list.beganAt, list.namespace ?? null, [...list.present], only ?? null];
}

function statementOf(clusterId: string, places: Places, only: readonly string[] | undefined) {
  if ('missingFrom' in places) return { text: missing, values: valuesOf(clusterId, places.missingFrom, only) };
  const wanted = only === undefined ? undefined : new Set(only);
  const at = places.at.filter(({ namespace, name }) => wanted?.has(`${namespace}/${name}`) ?? true);
  const values = [clusterId, at.map(({ namespace }) => namespace), at.map(({ name }) => name)];
  return { name: 'mirrored-applications', text: atPlaces, values };
}

/** A row that somebody broke is mended by what the cluster states now. */
function knownApplication(row: Row): [string, KnownApplication] {
  const { atNamespace, atName, applicationInstanceId, ...columns } = camelRow(row);
  const known: KnownApplication = {
    ...(columns.id !== null && { mirrored: shownRow(Mirrored, columns) }),
    ...(typeof applicationInstanceId === 'string' && { applicationInstanceId }),
  };
  return [`${atNamespace}/${atName}`, known];
}
