/** Whether what is recorded of Velero in a cluster is all that is there, in SQL. */

/** A lease whose end is far ahead was written before the server's clock was set back. */
export const isLive = `l.expires_at > clock_timestamp() and l.expires_at < clock_timestamp() + interval '60 seconds'`;

/** Backups and storage locations are followed, by the connector that holds the cluster now. */
export function isFollowed(clusterId: string): string {
  return `exists (
    select from velero_watch w
    join cluster_lease l on l.cluster_id = w.cluster_id and l.connector_id = w.connector_id and l.epoch = w.epoch and ${isLive}
    where w.cluster_id = ${clusterId} and w.followed_since is not null
  )`;
}

/** No Backup that others made is left out (the reason LeftOut of VeleroKnown). */
export function hasAllBackups(clusterId: string): string {
  return `exists (
    select from cluster c
    where c.id = ${clusterId} and c.conditions @> '[{"type": "VeleroKnown", "status": "True"}]' and not c.conditions @> '[{"type": "VeleroKnown", "reason": "LeftOut"}]'
  )`;
}
