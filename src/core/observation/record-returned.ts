/**
 * Records resources of ours that have returned, as a watch sees them (operations/rules/returned.ts says what becomes of
 * them). A list says which of them are gone.
 */

import type { Clock } from '../kernel/ports.ts';
import type { Observation } from '../operations/rules/observed/observation.ts';
import { observeReturned, type SeenReturn } from '../operations/rules/returned.ts';
import type { CompleteList, FencedCluster, ReturnedResources } from './ports.ts';
import { claimedId, type OwnOperation } from './rules/foreign-operation.ts';
import { returnedOf, seenReturn } from './rules/returned.ts';

export interface RecordReturnedPorts {
  readonly returnedResources: ReturnedResources;
  readonly clock: Clock;
}

export interface ReturnedRecorder {
  /** Records those that have returned. Returns the other observations. */
  seen(observations: readonly Observation[], own: readonly OwnOperation[]): Promise<readonly Observation[]>;
  /** Records that these are gone, where they had returned. */
  deleted(observations: readonly Observation[]): Promise<void>;
  listed(list: CompleteList): Promise<void>;
}

export function recordReturned(
  { returnedResources, clock }: RecordReturnedPorts,
  { cluster, fence }: FencedCluster,
): ReturnedRecorder {
  const record = async (seen: readonly SeenReturn[]) => {
    if (seen.length === 0) return;
    const now = await clock.now();
    const decide: Parameters<ReturnedResources['record']>[2] = (operation, known, each) =>
      observeReturned(operation, known, each, now);
    await returnedResources.record(cluster.id, seen, decide, fence);
  };
  return {
    async seen(observations, own) {
      const returned = observations.map((observation) => returnedOf(observation, own));
      await record(
        observations.flatMap((observation, n) => {
          const row = returned[n];
          return row === undefined ? [] : [seenReturn(observation, row, cluster.id)];
        }),
      );
      return observations.filter((_, n) => returned[n] === undefined);
    },
    async deleted(observations) {
      await record(
        observations.flatMap((observation) => {
          const id = claimedId(observation);
          return id === undefined ? [] : [seenReturn(observation, { id }, cluster.id)];
        }),
      );
    },
    async listed({ namespace, present, beganAt }) {
      const expected = await returnedResources.expected(cluster.id, beganAt);
      await record(
        expected
          .filter(
            (each) =>
              (namespace === undefined || each.namespace === namespace) &&
              !present.has(`${each.namespace}/${each.name}`),
          )
          .map((each) => ({ ...each, deleted: true })),
      );
    },
  };
}
