/**
 * Claiming due schedules: each with what firing needs to know of it, locked until the transaction ends. Those that
 * another replica holds are passed over.
 */
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { type Bad, sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { BlackoutWindow, usableWindow } from '../../core/scheduling/rules/blackout.ts';
import { DueSchedule, DueScheduleFields, type Surroundings } from '../../core/scheduling/rules/firing/due-schedule.ts';
import { isHeld } from '../kit/batches/held-rows.ts';
import { selectOf } from '../kit/rows/columns.ts';
import { rowReader } from '../kit/rows/row-reader.ts';
import { camelRow, fromRow } from '../kit/rows/shape.ts';
import { isInFlight, isWithdrawing } from '../operations/giving-up.ts';
import { isOpen } from '../operations/open.ts';

const Claimed = DueSchedule.omit({ inFlightId: true, restoring: true }).extend({ inFlightLimit: z.int().optional() });
type Claimed = z.infer<typeof Claimed>;
const readClaimed = rowReader(Claimed);

/** Where what is not of the schedule itself comes from. */
const joined = {
  namespace: 'i.namespace',
  target: 'i.name',
  classRetention: 'c.retention',
  defaultParameters: 'c.default_parameters',
  deliveryDeadlineSeconds: 'c.delivery_deadline_seconds',
  override: 'o.retention',
  organizationSuspend: 'g.suspend',
  clusterSuspend: 'k.suspend',
  inFlightLimit: 'k.in_flight_limit',
} satisfies Record<Exclude<keyof Claimed, keyof typeof DueScheduleFields.shape>, string>;

// Of the rows in $3, unless it is null; never of those in $4. What is held from firing is passed over.
const due = `next_fire_at <= $1 and ($3::uuid[] is null or id = any($3)) and id <> all($4::uuid[])
      and not ${isHeld('fire-schedules', 'schedule.id', '$1')}`;
const dueIds = `select id::text from schedule where ${due} order by next_fire_at limit $2 for update skip locked`;
const claim = `
  select ${selectOf(DueScheduleFields.shape, 's')},
         ${Object.entries(joined)
           .map(([key, column]) => `${column} as "${key}"`)
           .join(', ')}
  from (
    select * from schedule
    where ${due}
    order by next_fire_at
    limit $2
    for update skip locked
  ) s
  join application_instance i on i.id = s.application_instance_id
  join application_class c on c.id = i.application_class_id
  join organization g on g.id = s.organization_id
  join cluster k on k.id = s.cluster_id
  left join retention_override o on o.organization_id = s.organization_id and o.application_class_id = c.id
  order by s.next_slot_at, s.id`;

// What is in flight of these schedules, and which of their applications are being restored: by set, not row by row, so
// that a query plan made while the table was empty stays a good one.
const underWay = `
  select 'schedule' as kind, schedule_id::text as "of", max(id::text) as id from operation
  where schedule_id = any($1::uuid[]) and ${isInFlight()} group by schedule_id
  union all
  select 'restore', application_instance_id::text, max(id::text) from operation
  where application_instance_id = any($2::uuid[]) and ${isOpen()} and not ${isWithdrawing()} and type = 'Restore' group by application_instance_id`;

// A replica that counts what is in flight in a cluster waits for the others that do, so that the limit heldRows.
const lockClusters = `select pg_advisory_xact_lock(hashtextextended(id::text, 1)) from unnest($1::uuid[]) id order by id`;
const inFlight = `
  select c.id::text as "clusterId", c.in_flight_limit - (
    select count(*)::int from operation p where p.cluster_id = c.id and ${isInFlight('p')}
  ) as room
  from cluster c where c.id = any($1::uuid[])`;
const windows = `select * from blackout_window where organization_id = any($1::uuid[])`;

const UnderWay = z.object({ kind: z.enum(['schedule', 'restore']), of: z.string(), id: z.string() });
const Room = z.object({ clusterId: z.string(), room: z.int() });

export type Due = DueSchedule & Pick<Claimed, 'inFlightLimit'>;

export interface Wanted {
  readonly now: string;
  readonly limit: number;
  /** Only these. */
  readonly ids?: readonly string[];
  /** Never these. */
  readonly except: readonly string[];
}

const valuesOf = ({ now, limit, ids, except }: Wanted) => [now, limit, ids ?? null, except];

/** Claims due schedules. Those that cannot be read are claimed as well, and named. */
export async function claimDue(
  client: PoolClient,
  wanted: Wanted,
): Promise<{ readonly due: readonly Due[]; readonly bad: readonly Bad<string>[] }> {
  const { rows } = await client.query({ name: 'claim-due-schedules', text: claim, values: valuesOf(wanted) });
  const { made, bad } = sift(rows, readClaimed);
  return {
    due: made.length === 0 ? [] : await withUnderWay(client, made),
    bad: bad.map(({ item, error }) => ({ item: String(item.id), error })),
  };
}

/** The ids of the schedules that a claim would take now. */
export async function dueScheduleIds(pool: Pool, wanted: Wanted): Promise<readonly string[]> {
  return (await pool.query(dueIds, valuesOf(wanted))).rows.map(({ id }) => String(id));
}

async function withUnderWay(client: PoolClient, claims: readonly Claimed[]): Promise<readonly Due[]> {
  const values = [claims.map(({ id }) => id), claims.map(({ applicationInstanceId }) => applicationInstanceId)];
  const found = UnderWay.array().parse((await client.query({ name: 'under-way', text: underWay, values })).rows);
  const inFlight = new Map(found.filter(({ kind }) => kind === 'schedule').map((row) => [row.of, row.id]));
  const restoring = new Set(found.filter(({ kind }) => kind === 'restore').map((row) => row.of));
  return claims.map((claim) => ({
    ...claim,
    inFlightId: inFlight.get(claim.id),
    restoring: restoring.has(claim.applicationInstanceId),
  }));
}

/** Windows that cannot be read: their schedules fire as if there were none. */
type BadWindows = readonly Bad<string>[];

/** Waits for the other replicas that count what is in flight in the same limited clusters. */
export async function surroundingsOf(
  client: PoolClient,
  due: readonly Due[],
): Promise<Surroundings & { readonly badWindows: BadWindows }> {
  const organizationIds = [...new Set(due.map(({ organizationId }) => organizationId))];
  const limited = [
    ...new Set(due.filter(({ inFlightLimit }) => inFlightLimit !== undefined).map(({ clusterId }) => clusterId)),
  ].toSorted();
  const { rows: found } = await client.query({ name: 'blackout-windows', text: windows, values: [organizationIds] });
  if (limited.length > 0) await client.query(lockClusters, [limited]);
  const { rows: counted } = limited.length > 0 ? await client.query(inFlight, [limited]) : { rows: [] };
  const { made, bad } = sift(found, (row) => usableWindow(fromRow(BlackoutWindow, camelRow(row))));
  return {
    windows: made,
    badWindows: bad.map(({ item, error }) => ({ item: String(item.id), error })),
    room: new Map(
      Room.array()
        .parse(counted)
        .map(({ clusterId, room }) => [clusterId, room]),
    ),
  };
}
