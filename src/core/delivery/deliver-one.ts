/**
 * Makes the call for one claim, and looks at the resource before or after it where one of these promises needs that:
 *
 *   - an Operation past its deliverBefore is never applied, only looked for
 *   - a resource that an unanswered call may have created is looked for before the Operation is given up
 *   - a resource is deleted only as its reason allows, and only the version that was seen (rules/may-delete.ts)
 *   - a resource that a version before may have applied is looked for first: applying it with our labels would change it,
 *     and an operator looks again at what has finished and changes
 */

import type { ClusterTarget } from '../clusters/ports.ts';
import { isAbout } from '../operations/rules/observed/observe.ts';
import type { Operation } from '../operations/rules/operation.ts';
import type { Claim, ClusterCalls } from './ports.ts';
import type { ClusterAnswer } from './rules/answer.ts';
import { type Deletion, type DeletionFacts, mayDelete } from './rules/may-delete.ts';

/** The cluster of a batch, and how its Operations are applied there. */
export interface Destination {
  readonly api: ClusterCalls;
  readonly target: ClusterTarget;
  readonly apply: (operation: Operation, sendUntil: number) => Promise<ClusterAnswer>;
  /** Asked directly before a call, by a clock that goes on while the batch is worked on. */
  readonly isPastDeliverBefore: (operation: Operation) => boolean;
  /** Asked before a deletion. */
  readonly deletionFacts: (deletion: Deletion) => Promise<DeletionFacts>;
}

export async function deliverOne(destination: Destination, claim: Claim, sendUntil: number): Promise<ClusterAnswer> {
  const { operation, action, unanswered } = claim;
  if (action !== 'Apply') return deleteIfAllowed(destination, { reason: action, operation });
  if (destination.isPastDeliverBefore(operation)) return lookUp(destination, operation);
  if (operation.recordPosition === undefined && (unanswered > 1 || operation.uid !== undefined)) {
    const found = await lookUp(destination, operation);
    if (found.kind !== 'Absent') return found;
  }
  const answer = await destination.apply(operation, sendUntil);
  // This call is refused, but an earlier unanswered call may have created the resource.
  if (answer.kind !== 'Refused' || unanswered <= 1) return answer;
  const found = await lookUp(destination, operation);
  return found.kind === 'Found' ? found : answer;
}

async function lookUp({ api, target }: Destination, operation: Operation): Promise<ClusterAnswer> {
  const answer = await api.read(target, operation);
  return answer.kind === 'Found' && !isAbout(operation, answer.observation) ? { kind: 'Absent' } : answer;
}

const maxTries = 4;

/** Deletes only the version that it saw. When the resource has changed meanwhile, it looks again. */
async function deleteIfAllowed(destination: Destination, deletion: Deletion): Promise<ClusterAnswer> {
  const { api, target } = destination;
  const { operation } = deletion;
  const { name, namespace } = operation;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = await lookUp(destination, operation);
    if (found.kind !== 'Found') return found;
    const { uid, resourceVersion } = found.observation;
    const verdict = mayDelete(deletion, found.observation, await destination.deletionFacts(deletion));
    if (verdict !== 'Delete') return { ...found, verdict };
    const answer = await api.remove(target, { name, namespace, uid, resourceVersion });
    if (answer.kind === 'Deleted') return { kind: 'Deleted', uid };
    if (answer.kind !== 'Refused' || answer.reason !== 'Modified') return answer;
  }
  return { kind: 'ServerError', message: 'The resource changes too fast to be deleted.' };
}
