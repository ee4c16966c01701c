/** A watcher that keeps everything that a watch hands over and reports. */

import type { ObservedApplication } from '../../../src/core/applications/rules/observed-application.ts';
import type { CompleteList, Watcher, WatchState } from '../../../src/core/observation/ports.ts';
import type { Observation } from '../../../src/core/operations/rules/observed/observation.ts';

export interface Recorder extends Watcher {
  readonly batches: (readonly Observation[])[];
  readonly lists: ReadonlySet<string>[];
  readonly applicationBatches: (readonly ObservedApplication[])[];
  readonly applicationLists: CompleteList[];
  readonly states: WatchState[];
  readonly observations: () => readonly string[];
}

/** `slow` is awaited for each batch of Operations. */
export function recorder(
  slow: () => Promise<void> = async () => undefined,
  namespaces: () => readonly string[] = () => [],
): Recorder {
  const batches: (readonly Observation[])[] = [];
  const lists: ReadonlySet<string>[] = [];
  const applicationBatches: (readonly ObservedApplication[])[] = [];
  const applicationLists: CompleteList[] = [];
  const states: WatchState[] = [];
  return {
    batches,
    lists,
    applicationBatches,
    applicationLists,
    states,
    observations: () =>
      batches.flat().map(({ name, deleted, status }) => `${name} ${deleted ? 'deleted' : (status.phase ?? 'new')}`),
    namespaces: async () => namespaces(),
    operations: {
      async seen(observations) {
        batches.push(observations);
        await slow();
      },
      async listed({ present }) {
        lists.push(present);
      },
    },
    applications: {
      async seen(observations) {
        applicationBatches.push(observations);
      },
      async listed(list) {
        applicationLists.push(list);
      },
    },
    async state(state) {
      states.push(state);
    },
  };
}
