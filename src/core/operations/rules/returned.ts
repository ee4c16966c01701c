/**
 * Resources of ours that came back: they carry the id of an Operation, under another uid than the resource that we
 * applied. A restore of their namespace brought them, in place or elsewhere, or somebody applied a saved manifest. An
 * operator runs them again, because they have no status.
 *
 *   not counted   none is another Operation, recovery point or fire. Whatever it does changes nothing of the Operation's
 *                 own record: a copy that it makes has the name of the first one, and is the same copy
 *   a Restore     is deleted at once: nobody asked for it, and it overwrites an application
 *   a Backup      is never deleted by us: the operator would delete Velero's Backup of that name, which is the first
 *                 one's. A person is told, with what there is to do
 *   told          by an event for each, and by the condition Returned of the Operation for as long as one is there
 */

import { clip, withCondition } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { KnownOperation } from './observed/observation.ts';
import type { Phase } from './operation.ts';
import { operationCondition, operationEvent } from './reasons.ts';

export interface ReturnedResource {
  readonly operationId: string;
  readonly uid: string;
  /** The cluster where it is; the application's namespace may have been restored in another one. */
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion?: string | undefined;
  /** As the cluster stated it last. */
  readonly phase: Phase;
  readonly seenAt: string;
  readonly goneAt?: string | undefined;
  /** We owe the cluster its deletion, of this uid and no other. */
  readonly owed?: 'Delete' | undefined;
  readonly nextAttemptAt?: string | undefined;
  readonly attempts: number;
  /** Why the last attempt to delete it failed, in the words of the cluster. */
  readonly problem?: string | undefined;
}

/** What a cluster says of one, or that it is gone. */
export type SeenReturn = Pick<
  ReturnedResource,
  'operationId' | 'uid' | 'clusterId' | 'namespace' | 'name' | 'resourceVersion' | 'phase'
> & { readonly deleted: boolean };

export interface ReturnDecision {
  readonly operation: KnownOperation;
  /** Those that changed. */
  readonly resources: readonly ReturnedResource[];
  readonly events: readonly NewEvent[];
}

/** More of one Operation at a time are not recorded: their annotation may be forged. */
export const maxReturnedCount = 16;
/** So long after a deletion was accepted, one that is still seen is deleted again. */
const deletedAgainSeconds = 30;

export function observeReturned(
  operation: KnownOperation,
  known: readonly ReturnedResource[],
  seen: SeenReturn,
  now: string,
): ReturnDecision {
  const before = known.find(({ uid }) => uid === seen.uid);
  const isThere = before !== undefined && before.goneAt === undefined;
  if (seen.deleted) {
    if (!isThere) return { operation, resources: [], events: [] };
    return decided(operation, known, [goneNow(before, now)], now);
  }
  if (isThere) return decided(operation, known, changed(before, stillThere(operation, before, seen, now)), now);
  const replaced = known.filter(
    (each) => each.goneAt === undefined && each.clusterId === seen.clusterId && each.namespace === seen.namespace,
  );
  const thereCount = known.filter(({ goneAt }) => goneAt === undefined).length - replaced.length;
  if (thereCount >= maxReturnedCount) return { operation, resources: [], events: [] };
  const { deleted: _, ...resource } = seen;
  const owed = operation.type === 'Restore' ? ({ owed: 'Delete', nextAttemptAt: now } as const) : {};
  const made: ReturnedResource = { ...resource, seenAt: now, attempts: 0, ...owed };
  return decided(operation, known, [...replaced.map((each) => goneNow(each, now)), made], now);
}

/** What an attempt to delete one has come to. A watch may have told before that it is gone. */
export type Deletion =
  | { readonly kind: 'Accepted' }
  | { readonly kind: 'Failed'; readonly problem: string; readonly retryAt: string };

export function observeDeletion(
  operation: KnownOperation,
  known: readonly ReturnedResource[],
  uid: string,
  deletion: Deletion,
  now: string,
): ReturnDecision {
  const before = known.find((each) => each.uid === uid);
  if (before === undefined) return { operation, resources: [], events: [] };
  const message = `The cluster is deleting ${placeOf(before)}, which had returned.`;
  const told = deletion.kind === 'Accepted' ? [operationEvent(operation, 'ReturnedDeleted', message, now)] : [];
  if (before.goneAt !== undefined) return { operation, resources: [], events: told };
  const { owed: _, problem: __, nextAttemptAt: ___, ...resource } = before;
  const next: ReturnedResource =
    deletion.kind === 'Accepted'
      ? { ...resource, nextAttemptAt: shifted(now, deletedAgainSeconds) }
      : { ...before, problem: clip(deletion.problem), nextAttemptAt: deletion.retryAt };
  const { events, ...decision } = decided(operation, known, changed(before, next), now);
  return { ...decision, events: [...events, ...told] };
}

function stillThere(
  { type }: KnownOperation,
  before: ReturnedResource,
  { resourceVersion, phase }: SeenReturn,
  now: string,
): ReturnedResource {
  const next = { ...before, resourceVersion, phase };
  const isDue = (before.nextAttemptAt ?? now) <= now;
  return type === 'Restore' && before.owed === undefined && isDue
    ? { ...next, owed: 'Delete', nextAttemptAt: now }
    : next;
}

function goneNow({ owed: _, nextAttemptAt: __, ...resource }: ReturnedResource, now: string): ReturnedResource {
  return { ...resource, goneAt: now };
}

function changed(before: ReturnedResource, after: ReturnedResource): readonly ReturnedResource[] {
  const isSame = (['resourceVersion', 'phase', 'owed', 'nextAttemptAt', 'problem'] as const).every(
    (field) => before[field] === after[field],
  );
  return isSame ? [] : [after];
}

/** The condition and the events that follow from the resources as they are now. */
function decided(
  operation: KnownOperation,
  known: readonly ReturnedResource[],
  resources: readonly ReturnedResource[],
  now: string,
): ReturnDecision {
  const all = new Map([...known, ...resources].map((each) => [each.uid, each]));
  const there = [...all.values()].filter(({ goneAt }) => goneAt === undefined);
  const events = resources.flatMap((resource) => {
    const before = known.find(({ uid }) => uid === resource.uid);
    if (before === undefined || (before.goneAt !== undefined && resource.goneAt === undefined))
      return [operationEvent(operation, 'Returned', `${returnedMessage(resource)} ${adviceFor(operation)}`, now)];
    if (before.goneAt !== undefined || resource.goneAt === undefined) return [];
    return [operationEvent(operation, 'ReturnedGone', `${placeOf(resource)}, which had returned, is gone.`, now)];
  });
  const condition =
    there.length === 0
      ? operationCondition('Returned', 'False', 'Gone', 'No resource of it that had returned is in a cluster.', now)
      : operationCondition('Returned', 'True', 'InCluster', conditionMessage(operation, there), now);
  const isTold = there.length > 0 || operation.conditions.some(({ type }) => type === 'Returned');
  const conditions = isTold ? [...withCondition(operation.conditions, condition)] : operation.conditions;
  return { operation: { ...operation, conditions }, resources, events };
}

function conditionMessage(operation: KnownOperation, there: readonly ReturnedResource[]): string {
  const [first] = there;
  const problems = there.flatMap(({ problem }) => (problem === undefined ? [] : [`Deleting it failed: ${problem}`]));
  const more = there.length > 1 ? `${there.length - 1} more came back.` : '';
  const text = [first === undefined ? '' : returnedMessage(first), more, adviceFor(operation), problems[0] ?? ''];
  return text.filter((words) => words !== '').join(' ');
}

function returnedMessage(resource: ReturnedResource): string {
  return `Its resource came back as ${placeOf(resource)}, under the uid ${resource.uid}: a restore brought it, or somebody applied a saved manifest. It is not counted as another Operation.`;
}

function placeOf({ namespace, name }: ReturnedResource): string {
  return `${namespace}/${name}`;
}

function adviceFor({ type }: KnownOperation): string {
  return type === 'Restore'
    ? 'It is deleted, because it would restore the application again.'
    : "It is left, because deleting it deletes Velero's Backup of the same name. The operator may back up again under that name. To be rid of it, wait until the copy has expired, or delete it with kubectl while Velero syncs its storage location: Velero then makes its Backup from the data again.";
}
