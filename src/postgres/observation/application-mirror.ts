/**
 * Writes the mirror of clusters' applications. A batch is read under lock, folded by the domain, and written back in
 * one statement. Applications that did not change are not written.
 */

import type { Pool } from 'pg';
import { Mirrored } from '../../core/applications/rules/mirrored-application.ts';
import type { ApplicationMirror, KnownApplication } from '../../core/observation/ports.ts';
import { holdFence } from '../clusters/fence.ts';
import { assignmentsOf, columnsOf } from '../kit/columns.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, fromRow, jsonRows, type Row } from '../kit/shape.ts';
import { inTransaction } from '../kit/transaction.ts';
import { lockMirror } from './mirror-lock.ts';

const columns = columnsOf(Mirrored.shape);
const changing = Mirrored.omit({ id: true, organizationId: true, clusterId: true, namespace: true, name: true });

const organization = `select organization_id::text as id from cluster where id = $1`;
const atPlaces = `
  select a.*, i.id as application_instance_id, p.namespace as at_namespace, p.name as at_name
  from (select distinct * from unnest($2::text[], $3::text[]) p(namespace, name)) p
  left join cluster_application a on a.cluster_id = $1 and a.namespace = p.namespace and a.name = p.name
  left join application_instance i on i.cluster_id = $1 and i.namespace = p.namespace and i.name = p.name`;
const missing = `
  select a.*, i.id as application_instance_id, a.namespace as at_namespace, a.name as at_name
  from cluster_application a
  left join application_instance i on i.cluster_id = a.cluster_id and i.namespace = a.namespace and i.name = a.name
  where a.cluster_id = $1 and a.gone_at is null and a.seen_at < $2
    and ($3::text is null or a.namespace = $3) and not a.namespace || '/' || a.name = any($4::text[])`;

const write = `
  insert into cluster_application as a (${columns})
  select ${columns} from json_populate_recordset(null::cluster_application, $1)
  on conflict (cluster_id, namespace, name) do update set ${assignmentsOf(changing.shape, 'excluded')}`;

export function applicationMirrorOf(pool: Pool): ApplicationMirror {
  return {
    write: (clusterId, places, fold, fence) =>
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
        const { written, events } = fold(new Map(rows.map(knownApplication)), String(owners[0].id));
        if (written.length > 0) await client.query({ name: 'mirror', text: write, values: [jsonRows(written)] });
        await appendEvents(client, events);
        return written.length;
      }),
  };
}

function knownApplication(row: Row): [string, KnownApplication] {
  const { atNamespace, atName, applicationInstanceId, ...columns } = camelRow(row);
  const known: KnownApplication = {
    ...(columns.id !== null && { mirrored: fromRow(Mirrored, columns) }),
    ...(typeof applicationInstanceId === 'string' && { applicationInstanceId }),
  };
  return [`${atNamespace}/${atName}`, known];
}
