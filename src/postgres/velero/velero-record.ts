/**
 * Writes Velero's own word. A batch is read under lock, folded by the domain, and written back in one statement. What did
 * not change is not written.
 */

import type { Pool, PoolClient } from 'pg';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import type { KnownVelero, VeleroDecision, VeleroPlaces, VeleroRecord } from '../../core/velero/ports.ts';
import type { CopyOwner } from '../../core/velero/rules/vanished.ts';
import { maxOthersCount } from '../../core/velero/rules/velero-caps.ts';
import { veleroNamespaceOf } from '../../core/velero/rules/velero-namespace.ts';
import { type VeleroKind, VeleroResource } from '../../core/velero/rules/velero-resource.ts';
import { holdFence } from '../clusters/fence.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { byParts, type Taken } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { assignmentsOf, columnsOf } from '../kit/rows/columns.ts';
import { camelRow, jsonRows, type Row, shownRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { keepAsVeleroDoes } from './later-expiry.ts';
import { isWordOf } from './words.ts';

const columns = columnsOf(VeleroResource.shape);
const changing = VeleroResource.omit({ id: true, organizationId: true, clusterId: true, kind: true, name: true });

/** Of a row: the Operation that it is about. A foreign one of that name is older, and has another uid. */
export const owner = (v: string) => `
  left join lateral (
    select o.id as operation_id, o.schedule_id, o.application_instance_id, o.phase = 'Cancelled' as cancelled
    from operation o where ${isWordOf(v, 'o')} order by o.id desc limit 1
  ) owner on true`;

// A place without a row has no Operation by the uid yet; its name says whether one of this record waits for it.
const atPlaces = `
  select v.*, p.kind as at_kind, p.name as at_name, owner.*,
    v.id is null and exists (select from operation o where o.cluster_id = $1 and o.name = p.name) as expected
  from (select distinct * from unnest($2::text[], $3::text[]) p(kind, name)) p
  left join velero_resource v on v.cluster_id = $1 and v.kind = p.kind and v.name = p.name
  ${owner('v')}`;
const missing = `
  select v.*, v.kind as at_kind, v.name as at_name
  from velero_resource v
  where v.cluster_id = $1 and v.kind = $2 and v.away_at is null and v.gone_at is null and v.seen_at < $3
    and not v.name = any($4::text[]) and ($5::text[] is null or v.kind || '/' || v.name = any($5))`;
const missingPlaces = missing.replace(/select[\s\S]*?from/, `select v.kind || '/' || v.name as place from`);
const locked = (statement: string) => `${statement} for update of v`;

const recordedCount = `select count(*)::int as count from (select from velero_resource where cluster_id = $1 limit $2) v`;

const write = `
  insert into velero_resource as v (${columns})
  select ${columns} from json_populate_recordset(null::velero_resource, $1)
  on conflict (cluster_id, kind, name) do update set ${assignmentsOf(changing.shape, 'excluded')}`;

const followed = `
  insert into velero_watch (cluster_id, connector_id, epoch, followed_since, seen_at) values ($1, $2, $3, $4, $5)
  on conflict (cluster_id) do update set connector_id = excluded.connector_id, epoch = excluded.epoch,
    followed_since = excluded.followed_since, seen_at = excluded.seen_at`;

const place = 'select velero_namespace, discovery from cluster where id = $1';
const Place = Cluster.pick({ veleroNamespace: true, discovery: true });

interface Known extends KnownVelero {
  readonly expected: boolean;
}

export function velerosWordOf(pool: Pool, heldRows: HeldRows): Pick<VeleroRecord, 'namespace' | 'write' | 'followed'> {
  return {
    async namespace(clusterId) {
      const [row] = await select(pool, place, [clusterId]);
      return veleroNamespaceOf(row === undefined ? {} : shownRow(Place, row));
    },
    async write(clusterId, places, decide, fence) {
      const attempt = (only?: readonly string[]) =>
        inTransaction(pool, async (client): Promise<Taken<string, number>> => {
          if (fence !== undefined) await holdFence(client, clusterId, fence);
          const { rows } = await client.query(statementOf(clusterId, places, only));
          const known = new Map(rows.map(knownVelero));
          const decided = decide(known);
          const { written, leftOutCount } = await withinCap(client, clusterId, decided, known);
          if (written.length > 0) await client.query({ name: 'velero', text: write, values: [jsonRows(written)] });
          await appendEvents(client, decided.events);
          return { result: leftOutCount, bad: decided.bad, count: rows.length };
        });
      const { results, bad, roleFailure } = await byParts({
        whole: () => attempt(),
        rows: async () =>
          'at' in places
            ? [...new Set(places.at.map(({ kind, name }) => `${kind}/${name}`))]
            : (await pool.query(missingPlaces, valuesOf(clusterId, places))).rows.map(({ place }) => String(place)),
        some: attempt,
      });
      if (roleFailure !== undefined) throw roleFailure;
      // All that were seen, whether or not they changed: what was lost between the two is made up for by the next list.
      if ('at' in places) await keepAsVeleroDoes(pool, clusterId, namesOf(places.at));
      await heldRows.putAside(
        'record-velero',
        bad.map(({ item: name, error }) => ({ item: { resourceType: 'Cluster', resourceId: clusterId, name }, error })),
      );
      return { leftOutCount: results.reduce((sum, each) => sum + each, 0) };
    },
    async followed(clusterId, { since, at }, fence) {
      await inTransaction(pool, async (client) => {
        await holdFence(client, clusterId, fence);
        await client.query(followed, [clusterId, fence.connectorId, fence.epoch, since ?? null, at]);
      });
    },
  };
}

/** Without new resources of others beyond the cap. */
async function withinCap(
  client: PoolClient,
  clusterId: string,
  { written }: VeleroDecision,
  known: ReadonlyMap<string, Known>,
): Promise<{ readonly written: readonly VeleroResource[]; readonly leftOutCount: number }> {
  const isOthers = ({ kind, name }: VeleroResource) => {
    const { resource, expected = false } = known.get(`${kind}/${name}`) ?? {};
    return resource === undefined && !expected && kind !== 'BackupStorageLocation';
  };
  const added = written.filter(isOthers);
  if (added.length === 0) return { written, leftOutCount: 0 };
  const { rows } = await client.query(recordedCount, [clusterId, maxOthersCount]);
  const room = Math.max(0, maxOthersCount - Number(rows[0]?.count));
  const dropped = new Set(added.slice(room));
  return { written: written.filter((each) => !dropped.has(each)), leftOutCount: dropped.size };
}

function namesOf(places: readonly { readonly kind: VeleroKind; readonly name: string }[]): readonly string[] {
  return places.filter(({ kind }) => kind === 'Backup').map(({ name }) => name);
}

type Missing = Extract<VeleroPlaces, { readonly missingFrom: unknown }>;

function valuesOf(clusterId: string, { kind, missingFrom }: Missing, only?: readonly string[]): unknown[] {
  const present = [...missingFrom.present].map((place) => place.slice(place.indexOf('/') + 1));
  return [clusterId, kind, missingFrom.beganAt, present, only ?? null];
}

function statementOf(clusterId: string, places: VeleroPlaces, only: readonly string[] | undefined) {
  if ('missingFrom' in places) return { text: locked(missing), values: valuesOf(clusterId, places, only) };
  const wanted = only === undefined ? undefined : new Set(only);
  const at = places.at.filter(({ kind, name }) => wanted?.has(`${kind}/${name}`) ?? true);
  return { text: atPlaces, values: [clusterId, at.map(({ kind }) => kind), at.map(({ name }) => name)] };
}

/** A row that somebody broke is mended by what Velero states now. */
function knownVelero(row: Row): [string, Known] {
  const { atKind, atName, expected, ...rest } = camelRow(row);
  const known: Known = {
    ...(rest.id !== null && rest.id !== undefined && { resource: shownRow(VeleroResource, rest) }),
    owner: ownerOf(rest),
    expected: expected === true,
  };
  return [`${atKind}/${atName}`, known];
}

/** The columns of `owner`. */
export function ownerOf({ operationId, scheduleId, applicationInstanceId, cancelled }: Row): CopyOwner | undefined {
  if (typeof operationId !== 'string') return undefined;
  return {
    operationId,
    ...(typeof scheduleId === 'string' && { scheduleId }),
    ...(typeof applicationInstanceId === 'string' && { applicationInstanceId }),
    cancelled: cancelled === true,
  };
}
