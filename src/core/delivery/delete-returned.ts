/**
 * One round: deletes Restores of ours that have come back (operations/rules/returned.ts says why). Each is looked for
 * first, and only that uid in the version that was seen is deleted. A claim is a lease: whoever dies leaves it due again.
 */

import type { ClusterDirectory } from '../clusters/ports.ts';
import { askedWaitSeconds } from '../clusters/rules/throttling.ts';
import { eachOf } from '../kernel/each-of.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import {
  type Deletion,
  observeDeletion,
  observeReturned,
  type ReturnDecision,
  type ReturnedResource,
} from '../operations/rules/returned.ts';
import { shifted } from '../time/rules/slots.ts';
import type { ClusterCalls, ReturnedDeletions } from './ports.ts';
import type { ClusterAnswer } from './rules/answer.ts';
import { backOffSeconds } from './rules/back-off.ts';

/** All at once, so that a round takes no longer than two calls. */
const limit = 8;
/** Longer than the two calls that one needs. */
const leaseSeconds = 60;

export interface DeleteReturnedPorts {
  readonly returnedDeletions: ReturnedDeletions;
  readonly directory: Pick<ClusterDirectory, 'target'>;
  readonly clusterApi: ClusterCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly chance: () => number;
}

/** Returns how many were claimed. */
export async function deleteReturned(ports: DeleteReturnedPorts): Promise<number> {
  const claimed = await ports.returnedDeletions.claim(await ports.clock.now(), limit, leaseSeconds);
  await eachOf(claimed, limit, async (resource) => {
    const { operationId, clusterId, namespace, name, uid } = resource;
    try {
      const answer = await deletion(ports, resource);
      const now = await ports.clock.now();
      const chance = ports.chance();
      await ports.returnedDeletions.record(resource, (operation, known): ReturnDecision => {
        if (answer.kind === 'Absent') return observeReturned(operation, known, { ...resource, deleted: true }, now);
        return observeDeletion(operation, known, uid, deletionOf(resource, answer, now, chance), now);
      });
    } catch (error) {
      const what = { operationId, clusterId, namespace, name, uid, err: error };
      ports.log.warn(what, 'a resource that had returned could not be deleted; it is tried again');
    }
  });
  return claimed.length;
}

/** `Absent` as well when another resource has its place. */
async function deletion(
  { directory, clusterApi }: DeleteReturnedPorts,
  { clusterId, namespace, name, uid }: ReturnedResource,
): Promise<ClusterAnswer> {
  const target = await directory.target(clusterId);
  if (target === undefined) return { kind: 'ServerError', message: 'The cluster has no access.' };
  const found = await clusterApi.read(target, { namespace, name });
  if (found.kind !== 'Found') return found;
  if (found.observation.uid !== uid) return { kind: 'Absent' };
  const { resourceVersion } = found.observation;
  return clusterApi.remove(target, { namespace, name, uid, resourceVersion });
}

function deletionOf({ attempts }: ReturnedResource, answer: ClusterAnswer, now: string, chance: number): Deletion {
  if (answer.kind === 'Deleted') return { kind: 'Accepted' };
  const problem = 'message' in answer ? answer.message : answer.kind;
  const isChanged = answer.kind === 'Refused' && answer.reason === 'Modified';
  const seconds = isChanged ? 0 : (askedWaitSeconds(answer) ?? backOffSeconds(attempts, chance));
  return { kind: 'Failed', problem, retryAt: shifted(now, seconds) };
}
