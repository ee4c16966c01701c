/**
 * A copy that Velero keeps for longer than the Operation says: its expiry is Velero's, from now on in the row as well, so
 * that lists, protection and tidying find it by their indexes. An earlier expiry is read beside the row (isStillThere in
 * words.ts), because it may be extended again.
 */
import type { Pool, PoolClient } from 'pg';
import { isWordOf } from './words.ts';

/** Velero begins a moment after its operator: that much says nothing. */
const alike = `interval '1 minute'`;

const statement = `
  with later as (
    select o.id, v.expires_at from operation o join velero_resource v on ${isWordOf('v', 'o')}
    where o.cluster_id = $1 and o.name = any($2::text[]) and o.type = 'Backup'
      and v.copied and v.gone_at is null and v.expires_at > o.expires_at + ${alike}
    order by o.id for no key update of o
  )
  update operation o set expires_at = later.expires_at, revision = o.revision + 1 from later where o.id = later.id`;

/** Of the Operations of these names. Asking again changes nothing. */
export async function keepAsVeleroDoes(
  client: Pool | PoolClient,
  clusterId: string,
  names: readonly string[],
): Promise<void> {
  if (names.length > 0) await client.query({ name: 'later-expiry', text: statement, values: [clusterId, names] });
}
