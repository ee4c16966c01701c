/**
 * Folds what a cluster states of a resource into our record of the Operation. Pure and idempotent: a repeated or late
 * observation does no harm.
 *
 * The record has two parts. The cluster's part follows what the cluster stated last. Our part stays beside it: the
 * delivery, the API server's warnings, and an end, whether the cluster or this service recorded it first.
 *
 *   Listed    a whole status, of any version: the cluster may have been restored from an older backup
 *   Watched   a whole status; it changes nothing when its version is older than the last one
 *   Posted    single conditions from the cluster's agent; each is taken unless a later one is known
 *   missing   (no source, deleted) the resource was not in a complete list
 *
 * Phases never go back, and an end stays. When the cluster later states another end, that is kept apart as the
 * `contradiction`, with the outputs. So a Backup that succeeded late is a recovery point all the same.
 *
 * Until its uid is known a resource is ours by the annotation with our id; after that by its uid alone.
 *
 *   replaced   another resource has its place: ours is gone
 *   returned   it was cancelled and deleted, and is there under another uid: it is ours, and is deleted again
 *   unwanted   the Operation was cancelled, or was given up before its resource had started: it is deleted
 */

import { sameJson } from '../../../kernel/rules/json/same-json.ts';
import { eventsOfChange } from '../change-events.ts';
import { hadStarted, wasGivenUp } from '../giving-up/left-in-cluster.ts';
import { withdrawalOf, withWithdrawal } from '../giving-up/withdraw.ts';
import { isTerminal, type Operation } from '../operation.ts';
import { foldDeletion, foldPostedConditions, foldStatus } from './fold-status.ts';
import type { KnownOperation, Observation, Observed } from './observation.ts';
import { statedPhase } from './observed-status.ts';

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
  const owed = unwantedFor(operation, observation);
  if (owed !== 'Withdraw') return { ...result, ...(owed !== undefined && { owed }) };
  return { ...folded(operation, leftBehind(next, now), now), owed };
}

function folded(before: KnownOperation, after: KnownOperation, now: string): Observed {
  const { observedVersion: _, ...content } = after;
  const { observedVersion: __, ...known } = before;
  if (sameJson(content, known)) return { operation: after, changed: false, events: [] };
  return { operation: { ...after, observedAt: now }, changed: true, events: eventsOfChange(before, after, now) };
}

/** Posted conditions carry no annotation, so without a known uid they are about no Operation. */
export function isAbout(operation: Operation, { uid, operationId, source }: Observation): boolean {
  if (operation.uid !== undefined) return uid === operation.uid;
  if (source === 'Posted') return false;
  return operationId === operation.id || (source === undefined && operationId === undefined);
}

/**
 * A cancelled Operation's resource is in the cluster again, under another uid: somebody restored it, or an apply that
 * was sent before the cancel has only now reached the cluster.
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

/** Another resource has the name of ours, so ours is gone. */
function isReplaced(operation: KnownOperation, observation: Observation): boolean {
  const { source, deleted } = observation;
  if (operation.uid === undefined || observation.uid === '' || deleted) return false;
  return (
    source === 'Listed' || (source === 'Watched' && isNewer(observation.resourceVersion, operation.observedVersion))
  );
}

/** Resource versions of one kind are numbers that grow. Any other version is neither newer nor older. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  return decimal(version) && decimal(than) && BigInt(version) > BigInt(than);
}

function decimal(version: string | undefined): version is string {
  return version !== undefined && /^\d{1,64}$/.test(version);
}

function isOlder({ observedVersion }: KnownOperation, { source, resourceVersion }: Observation): boolean {
  return source === 'Watched' && isNewer(observedVersion, resourceVersion);
}

/**
 * The resource is in the cluster although its Operation was cancelled, or was given up. A Restore that has started is
 * left: half an application would remain. So is a Backup that had arrived in time: its copy may yet come.
 */
function unwantedFor(
  operation: Operation,
  { deleted, source, status }: Observation,
): 'Cancel' | 'Withdraw' | undefined {
  const stated = statedPhase(status, false);
  if (deleted || source === 'Posted' || operation.origin === 'cluster' || isTerminal(stated)) return undefined;
  if (operation.phase === 'Cancelled') return operation.cancelRequestedAt === undefined ? undefined : 'Cancel';
  if (!wasGivenUp(operation) || withdrawalOf(operation)?.status === 'False') return undefined;
  const hasStarted = stated !== 'Pending' || status.startedAt !== undefined || hadStarted(operation);
  if (!hasStarted) return 'Withdraw';
  return operation.type !== 'Restore' && operation.deliveredAt === undefined ? 'Cancel' : undefined;
}

function leftBehind(operation: KnownOperation, now: string): KnownOperation {
  if (withdrawalOf(operation) !== undefined) return operation;
  const message =
    'The Operation had ended here, and its resource is in the cluster and has not started. It is deleted, so that it does not run later.';
  return withWithdrawal(operation, 'LeftBehind', message, now);
}
