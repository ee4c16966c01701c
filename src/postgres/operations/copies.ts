/**
 * What a copy is, in SQL: a Backup that succeeded by our record, or by what the cluster stated later, and that has
 * items. The operator states the count of items as a number or as decimal text; without one the copy counts.
 */
import { copyExpiresAt, copyStartedAt, isNotGone } from '../velero/words.ts';

/** Exactly the condition of the partial indexes. */
export function hasCopy(operation = 'operation'): string {
  return `${operation}.type = 'Backup' and (${operation}.phase = 'Succeeded' or ${operation}.contradiction->>'phase' = 'Succeeded')`;
}

/** The cluster states that the copy has no items. */
export function isEmptyCopy(operation = 'operation'): string {
  return `coalesce(${operation}.outputs->>'backupItemCount', '') = '0'`;
}

const degraded = `'[{"type": "Degraded", "status": "True"}]'::jsonb`;

/** The engine could not process everything. */
export function isPartial(operation: string): string {
  return `${operation}.conditions @> ${degraded}`;
}

/**
 * Its cluster is still the one that made it. `cluster` is a row that is at hand and probably its cluster: that saves a
 * look.
 */
export function isThere(operation = 'operation', cluster?: string): string {
  // In these words the planner expects most copies to be there, and goes on reading in the order of an index.
  const since = (copiesFrom: string) => `(${operation}.created_at < ${copiesFrom}) is not true`;
  const looked = since(`(select c.copies_from from cluster c where c.id = ${operation}.cluster_id)`);
  return cluster === undefined
    ? looked
    : `case when ${operation}.cluster_id = ${cluster}.id then ${since(`${cluster}.copies_from`)} else ${looked} end`;
}

export function hasGoodCopy(operation: string, cluster?: string): string {
  return `${hasCopy(operation)} and not ${isPartial(operation)} and not ${isEmptyCopy(operation)} and ${isThere(operation, cluster)} and ${isNotGone(operation)}`;
}

/** When the copy was finished. If its Operation had ended without it: when the cluster stated the copy. */
export function copyFinishedAt(operation = 'operation'): string {
  return `case when ${operation}.phase = 'Succeeded' then ${operation}.finished_at else (${operation}.contradiction->>'at')::timestamptz end`;
}

/** As GoodCopy. */
export function copyObject(operation: string): string {
  const o = operation;
  return `json_build_object('operationId', ${o}.id, 'startedAt', ${copyStartedAt(o)}, 'finishedAt', ${copyFinishedAt(o)}, 'expiresAt', ${copyExpiresAt(o)})`;
}

/** How many items the copy has, where the cluster states it. */
export function itemCount(operation: string): string {
  return `case when ${operation}.outputs->>'backupItemCount' ~ '^\\d{1,15}$' then (${operation}.outputs->>'backupItemCount')::bigint end`;
}
