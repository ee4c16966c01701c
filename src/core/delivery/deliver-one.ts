/**
 * One call to a cluster, with the looks around it that keep three promises: what is late is never applied, what may have
 * been applied is looked for before it is given up, and what has finished is never deleted, because deleting a finished
 * Operation deletes its backup.
 */

import type { ClusterTarget } from '../clusters/ports.ts';
import { isAbout } from '../operations/rules/observe.ts';
import { statedPhase } from '../operations/rules/observed-status.ts';
import { isTerminal, type Operation } from '../operations/rules/operation.ts';
import type { Claim, ClusterCalls } from './ports.ts';
import type { ClusterAnswer } from './rules/answer.ts';

export interface Destination {
  readonly api: ClusterCalls;
  readonly target: ClusterTarget;
  readonly apply: (operation: Operation, sendUntil: number) => Promise<ClusterAnswer>;
  /** Whether the Operation may not be delivered any more at this very moment. */
  readonly isPastDeliverBefore: (operation: Operation) => boolean;
}

export async function deliverOne(destination: Destination, claim: Claim, sendUntil: number): Promise<ClusterAnswer> {
  const { operation, action, unanswered } = claim;
  if (action === 'Delete') return deleteUnlessFinished(destination, operation);
  if (destination.isPastDeliverBefore(operation)) return lookUp(destination, operation);
  const answer = await destination.apply(operation, sendUntil);
  // Refused now, but an earlier call without an answer may have brought it into the cluster.
  if (answer.kind !== 'Refused' || unanswered <= 1) return answer;
  const found = await lookUp(destination, operation);
  return found.kind === 'Found' ? found : answer;
}

async function lookUp({ api, target }: Destination, operation: Operation): Promise<ClusterAnswer> {
  const answer = await api.read(target, operation);
  return answer.kind === 'Found' && !isAbout(operation, answer.observation) ? { kind: 'Absent' } : answer;
}

const maxTries = 4;

/** Deletes it as it was seen not to have finished; when it has changed meanwhile, it is looked at again. */
async function deleteUnlessFinished(destination: Destination, operation: Operation): Promise<ClusterAnswer> {
  const { api, target } = destination;
  const { name, namespace } = operation;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = await lookUp(destination, operation);
    if (found.kind !== 'Found') return found;
    const { uid, resourceVersion, status } = found.observation;
    if (isTerminal(statedPhase(status, false))) return found;
    const answer = await api.remove(target, { name, namespace, uid, resourceVersion });
    if (answer.kind === 'Deleted') return { kind: 'Deleted', uid };
    if (answer.kind !== 'Refused' || answer.reason !== 'Modified') return answer;
  }
  return { kind: 'ServerError', message: 'The resource changes faster than it can be deleted.' };
}
