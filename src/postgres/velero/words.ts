/** Velero's word beside an Operation, in SQL. Names are unique in a cluster, so one index finds it. */

/** The row `v` is about the Operation `o` (src/core/velero/rules/better-times.ts). */
export function isWordOf(word: string, operation: string): string {
  const [v, o] = [word, operation];
  return `${v}.cluster_id = ${o}.cluster_id and ${v}.name = ${o}.name and ${v}.kind = ${o}.type
    and (${v}.operation_uid is null or ${o}.uid is null or ${v}.operation_uid = ${o}.uid)`;
}

/** What the watch follows was there when it was well last; what is away, until it went. */
export function lastSeenAt(word: string): string {
  const v = word;
  return `coalesce(${v}.away_at, greatest(${v}.seen_at, (select w.seen_at from velero_watch w where w.cluster_id = ${v}.cluster_id and w.followed_since is not null)))`;
}

/** The copy of the Operation is not known to be gone. In these words the planner expects most copies to be there. */
export function isNotGone(operation: string): string {
  return `((select v.gone_at from velero_resource v where ${isWordOf('v', operation)}) <= 'infinity') is not true`;
}

/** When the copy began: Velero's word, else the operator's. */
export function copyStartedAt(operation: string): string {
  return `coalesce((select v.started_at from velero_resource v where v.copied and ${isWordOf('v', operation)}), ${operation}.started_at, ${operation}.created_at)`;
}

/** When the copy expires: Velero's word, else what follows from the Operation. */
export function copyExpiresAt(operation: string): string {
  return `coalesce((select v.expires_at from velero_resource v where v.copied and ${isWordOf('v', operation)}), ${operation}.expires_at)`;
}

/**
 * The copy can be used at that instant, as far as Velero's word goes: it has neither vanished nor expired. Without a word
 * it can. In these words the planner expects most copies to be there, and goes on reading in the order of an index.
 */
export function isStillThere(operation: string, at: string, includesGone = false): string {
  const gone = includesGone ? '' : `when v.gone_at is not null then '-infinity' `;
  return `((select case ${gone}when v.copied then v.expires_at end from velero_resource v where ${isWordOf('v', operation)}) <= ${at}) is not true`;
}
