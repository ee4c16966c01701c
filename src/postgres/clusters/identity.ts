/** What is around the identity of a cluster: others of its organization with the same uid, and copies of before. */
import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { AroundIdentity, Identity } from '../../core/clusters/rules/identity/identity.ts';
import { hasCopy } from '../operations/copies.ts';

/** The clusters that are the same API server as the cluster `me`, in its organization, itself included. */
export const sameServer = (me: string) => `
  select t.id from cluster t join cluster m on m.id = ${me}
  where t.id = m.id or t.organization_id = m.organization_id and t.kube_system_uid = m.kube_system_uid and t.retired_at is null`;

const around = `
  select (select coalesce(json_agg(name order by name), '[]') from cluster t where t.id <> $1 and t.id in (${sameServer('$1')})) as twins,
         (select coalesce(json_agg(namespace order by namespace), '[]') from (
           select namespace from application_instance where cluster_id in (${sameServer('$1')}) and retired_at is null
           group by namespace having bool_or(cluster_id = $1) and bool_or(cluster_id <> $1) order by namespace limit 20
         ) shared) as "sharedNamespaces",
         (select count(*)::int from (
           select from operation o
           where o.organization_id = (select organization_id from cluster where id = $1) and o.cluster_id = $1 and ${hasCopy('o')} and o.expires_at > $2 and o.created_at < $3::timestamptz limit 1000
         ) lost) as "lostCopyCount"`;
const Around = z.object({
  twins: z.array(z.string()),
  sharedNamespaces: z.array(z.string()),
  lostCopyCount: z.int(),
});

export async function aroundIdentity(
  client: PoolClient,
  clusterId: string,
  { copiesFrom }: Identity,
  now: string,
): Promise<AroundIdentity> {
  const { rows } = await client.query(around, [clusterId, now, copiesFrom ?? null]);
  return Around.parse(rows[0]);
}
