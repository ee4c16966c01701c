/**
 * The leases of clusters. Every step is a single statement, so a process that is stopped between two steps holds no
 * lock. Times are the server's own. Taking a lease over waits for what is being written under it (fence.ts). Renewing
 * does not, so a long write costs no lease.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { Leases } from '../../core/observation/ports.ts';
import { select } from '../kit/sql.ts';

const leaseSeconds = 10;
const end = `clock_timestamp() + interval '${leaseSeconds} seconds'`;
/** An end that is far ahead was written before the server's clock was set back: such a lease does not hold. */
const live = (row: string) =>
  `(${row}.expires_at > clock_timestamp() and ${row}.expires_at < clock_timestamp() + interval '60 seconds')`;

const renew = `
  with dead as (
    delete from connector where id in (select c.id from connector c where not ${live('c')} and c.id <> $1 for update skip locked)
  ), alive as (
    insert into connector (id, started_at, expires_at) values ($1, clock_timestamp(), ${end})
    on conflict (id) do update set expires_at = excluded.expires_at
  )
  update cluster_lease l set expires_at = ${end} where connector_id = $1 and ${live('l')}`;

const free = `
  select count(*)::int as "freeCount" from cluster_credential k
  where not exists (select from cluster_lease l where l.cluster_id = k.cluster_id and ${live('l')})`;

// A connector is steady when it has lived for five seconds, and renewed within the last five.
const standing = `
  select (select count(*)::int from cluster_credential) as "clusterCount", (${free}) as "freeCount",
    (select coalesce(json_agg(json_build_object(
       'id', c.id,
       'heldCount', (select count(*) from cluster_lease l where l.connector_id = c.id and ${live('l')}),
       'steady', c.started_at < clock_timestamp() - interval '5 seconds'
                 and c.expires_at > clock_timestamp() + interval '${leaseSeconds - 5} seconds')), '[]')
     from connector c where ${live('c')}) as connectors`;

const take = `
  with lapsed as (
    select l.cluster_id, l.connector_id from cluster_lease l join cluster_credential k on k.cluster_id = l.cluster_id
    where not ${live('l')} order by l.expires_at limit $2 for update of l skip locked
  ), retaken as (
    update cluster_lease l set connector_id = $1, epoch = l.epoch + 1, expires_at = ${end}
    from lapsed where l.cluster_id = lapsed.cluster_id
    returning lapsed.connector_id as before
  ), fresh as (
    insert into cluster_lease (cluster_id, connector_id, epoch, expires_at)
    select k.cluster_id, $1, 1, ${end} from cluster_credential k
    where not exists (select from cluster_lease l where l.cluster_id = k.cluster_id)
    order by k.cluster_id limit greatest(0, $2 - (select count(*) from lapsed))
    on conflict do nothing
    returning cluster_id
  )
  select (select count(*)::int from retaken) + (select count(*)::int from fresh) as "takenCount",
    (select count(*)::int from retaken where before <> $1) as "fromOthersCount"`;

const handOver = `
  with given as (
    select cluster_id from cluster_lease l where connector_id = $1 and ${live('l')}
      and exists (select from connector c where c.id = $2 and ${live('c')})
    limit $3 for update of l skip locked
  )
  update cluster_lease l set connector_id = $2, epoch = l.epoch + 1, expires_at = ${end}
  from given where l.cluster_id = given.cluster_id`;

const held = `
  select l.cluster_id as "clusterId", l.epoch, k.revision as "credentialsRevision", c.relist_revision as "relistRevision",
    extract(epoch from l.expires_at - clock_timestamp())::float8 as "remainingSeconds"
  from cluster_lease l join cluster c on c.id = l.cluster_id join cluster_credential k on k.cluster_id = l.cluster_id
  where l.connector_id = $1 and ${live('l')}`;

/** The leases are free at once, even if the server's clock is then set back a little. */
const release = `
  with gone as (delete from connector where id = $1)
  update cluster_lease set expires_at = '-infinity' where connector_id = $1`;

const Free = z.tuple([z.object({ freeCount: z.int() })]);
const Stands = z.tuple([
  z.object({
    clusterCount: z.int(),
    freeCount: z.int(),
    connectors: z.array(z.object({ id: z.string(), heldCount: z.int(), steady: z.boolean() })),
  }),
]);
const Taken = z.tuple([z.object({ takenCount: z.int(), fromOthersCount: z.int() })]);
const Held = z.object({
  clusterId: z.string(),
  epoch: z.coerce.number(),
  credentialsRevision: z.int(),
  relistRevision: z.int(),
  remainingSeconds: z.number(),
});

export function leasesOf(pool: Pool): Leases {
  return {
    async renew(connectorId) {
      await pool.query(renew, [connectorId]);
    },
    async shares() {
      return Stands.parse(await select(pool, standing, []))[0];
    },
    async freeCount() {
      return Free.parse(await select(pool, free, []))[0].freeCount;
    },
    async take(connectorId, count) {
      return Taken.parse(await select(pool, take, [connectorId, count]))[0];
    },
    async handOver(connectorId, to, count) {
      return (await pool.query(handOver, [connectorId, to, count])).rowCount ?? 0;
    },
    async held(connectorId) {
      return Held.array().parse(await select(pool, held, [connectorId]));
    },
    async release(connectorId) {
      await pool.query(release, [connectorId]);
    },
  };
}
