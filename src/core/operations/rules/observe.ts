/**
 * The fold of what a cluster says into our record of an Operation. Pure and idempotent. What the cluster stated last
 * decides what is the cluster's; our own part is kept beside it: what we delivered, what the API server warned of, and
 * an end, whoever told it first.
 *
 *   Listed    the whole state, whatever its version: a cluster may have been set back from a backup
 *   Watched   the whole state; of an older version than the last one it changes nothing
 *   Posted    single conditions, each taken unless a later one is known
 *   missing   (no source, deleted) it was not in a complete list
 *
 * Phases never go back, and an end stays. A cluster that later states another end contradicts: that is kept apart, with
 * the outputs, so that a copy that does exist can be found.
 */

import { same } from '../../kernel/rules/same.ts';
import { eventsOfChange } from './change-events.ts';
import { foldDeletion, foldPostedConditions, foldStatus } from './fold-status.ts';
import type { KnownOperation, Observation, Observed } from './observation.ts';
import { statedPhase } from './observed-status.ts';
import { isTerminal, type Operation } from './operation.ts';

export function observe(operation: KnownOperation, observation: Observation, now: string): Observed {
  const known = hasReturned(operation, observation) ? withNewUid(operation, observation) : operation;
  if (!isAbout(known, observation)) {
    return isReplaced(operation, observation)
      ? folded(operation, foldDeletion(operation, now), now)
      : folded(operation, operation, now);
  }
  if (isOlder(known, observation)) return folded(operation, operation, now);
  const missing = observation.deleted && observation.source === undefined;
  const after = missing
    ? known
    : observation.source === 'Posted'
      ? foldPostedConditions(known, observation, now)
      : foldStatus(known, observation, now);
  const next = observation.deleted ? foldDeletion(after, now) : after;
  const result = folded(operation, next, now);
  return isUnwanted(operation, observation) ? { ...result, owed: 'Delete' } : result;
}

function folded(before: KnownOperation, after: KnownOperation, now: string): Observed {
  const { observedVersion: _, ...content } = after;
  const { observedVersion: __, ...known } = before;
  if (same(content, known)) return { operation: after, changed: false, events: [] };
  return { operation: { ...after, observedAt: now }, changed: true, events: eventsOfChange(before, after, now) };
}

/** Before its uid is known, a resource is ours by its annotation only; then by its uid alone. */
export function isAbout(operation: Operation, { uid, operationId, source }: Observation): boolean {
  if (operation.uid !== undefined) return uid === operation.uid;
  if (source === 'Posted') return false;
  return operationId === operation.id || (source === undefined && operationId === undefined);
}

/**
 * What we deleted because it was cancelled is there again, under another uid: somebody restored it, or an apply that was
 * sent before the cancel has only now reached the cluster. It is ours as the first one was.
 */
function hasReturned(
  operation: KnownOperation,
  { source, deleted, uid, operationId, resourceVersion }: Observation,
): boolean {
  if (operation.uid === undefined || uid === '' || uid === operation.uid || deleted || operationId !== operation.id)
    return false;
  const wasCancelled = operation.phase === 'Cancelled' && operation.cancelRequestedAt !== undefined;
  return (
    wasCancelled &&
    (source === 'Listed' || (source === 'Watched' && !isNewer(operation.observedVersion, resourceVersion)))
  );
}

function withNewUid({ observedVersion: _, ...operation }: KnownOperation, { uid }: Observation): KnownOperation {
  return { ...operation, uid };
}

/** Another resource has the place of ours, so ours is gone. */
function isReplaced(operation: KnownOperation, observation: Observation): boolean {
  const { source, deleted } = observation;
  if (operation.uid === undefined || observation.uid === '' || deleted) return false;
  return (
    source === 'Listed' || (source === 'Watched' && isNewer(observation.resourceVersion, operation.observedVersion))
  );
}

/** Versions of one type of resource are numbers that grow; should a cluster give others, they tell nothing. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  return decimal(version) && decimal(than) && BigInt(version) > BigInt(than);
}

function decimal(version: string | undefined): version is string {
  return version !== undefined && /^\d{1,64}$/.test(version);
}

function isOlder({ observedVersion }: KnownOperation, { source, resourceVersion }: Observation): boolean {
  return source === 'Watched' && isNewer(observedVersion, resourceVersion);
}

/** It was given up before the cluster was known to have it, or cancelled; and it is about to run, or runs. */
function isUnwanted(operation: Operation, { deleted, source, status }: Observation): boolean {
  if (deleted || source === 'Posted' || operation.origin === 'cluster' || isTerminal(statedPhase(status, false)))
    return false;
  return (
    (operation.phase === 'Cancelled' && operation.cancelRequestedAt !== undefined) ||
    (isTerminal(operation.phase) && operation.deliveredAt === undefined)
  );
}
