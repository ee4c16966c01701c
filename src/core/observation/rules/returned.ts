/**
 * Whose return a resource is. Its annotation names an Operation of the same organization, and name, type, engine and
 * target are those of it; but it is not the resource that we applied. It may be in another namespace or cluster.
 *
 * What carries the id of an Operation of another organization or another control plane, or that of one of ours in a
 * resource that is otherwise, is somebody else's Operation: an annotation is soon written.
 */

import type { Observation } from '../../operations/rules/observed/observation.ts';
import { statedPhase } from '../../operations/rules/observed/observed-status.ts';
import type { SeenReturn } from '../../operations/rules/returned.ts';
import { claimedId, type OwnOperation } from './foreign-operation.ts';

/** The row whose resource has returned; `undefined` when the observation is about the row itself, or about no row. */
export function returnedOf(observation: Observation, own: readonly OwnOperation[]): OwnOperation | undefined {
  const { name, namespace, uid, spec } = observation;
  const row = own.find(({ id }) => id === claimedId(observation));
  if (row === undefined || row.name !== name || row.uid === uid) return undefined;
  if (row.type !== spec?.type || row.engine !== spec.engine || row.target !== spec.target) return undefined;
  // At the place of a row without a uid it is the answer to an apply of ours that came late, or never.
  return row.namespace === namespace && row.uid === undefined ? undefined : row;
}

export function seenReturn(observation: Observation, row: Pick<OwnOperation, 'id'>, clusterId: string): SeenReturn {
  const { uid, namespace, name, resourceVersion, status, deleted } = observation;
  return {
    ...{ operationId: row.id, uid, clusterId, namespace, name, resourceVersion, deleted },
    phase: statedPhase(status, false),
  };
}
