/**
 * Records the Operations that somebody else made in a cluster, as its watch sees them. rules/foreign-operation.ts says
 * which they are and how a row is made of one. A list brings the record up to date by itself, so an observation that is
 * lost on the way is made up for by the next list.
 *
 *   history     An Operation that had ended before a list showed it. There may be tens of thousands of them, so they
 *               are held back until the list is complete. Only those are recorded that are among the newest 5,000
 *               Operations that others made in the cluster.
 *   left out    An Operation whose name, type or engine no row can hold. The log names the first of them, once a watch.
 *               And what is beyond the limits of a cluster or an organization (rules/foreign-caps.ts).
 *   returned    A resource of ours that came back under another uid is no Operation of others (record-returned.ts).
 *   one lock    Registering an application and recording what others did to it take the same lock, so that each sees
 *               what the other wrote.
 */

import { inPaces } from '../kernel/pace.ts';
import type { Log, Vault } from '../kernel/ports.ts';
import { sifting } from '../kernel/rules/broken/bad-rows.ts';
import type { Observation } from '../operations/rules/observed/observation.ts';
import { newestOperations } from './newest-operations.ts';
import type { CompleteList, FencedCluster, ForeignOperations, RecordedForeign } from './ports.ts';
import { type RecordReturnedPorts, recordReturned } from './record-returned.ts';
import { type LeftOut, pauseSeconds } from './rules/foreign-caps.ts';
import {
  claimedId,
  type ForeignOperation,
  foreignOperation,
  isOurs,
  isRepresentable,
  maxListedCount,
} from './rules/foreign-operation.ts';

export interface RecordForeignPorts extends RecordReturnedPorts {
  readonly foreignOperations: ForeignOperations;
  readonly vault: Vault;
  readonly log: Log;
}

export interface ForeignOperationsRecorder {
  /** What was left out since the list before the last one began. */
  leftOut(): LeftOut | undefined;
  /** Records the foreign ones among these observations. They are about no row that the store has found already. */
  seen(unmatched: readonly Observation[]): Promise<void>;
  /** To be called when a list is complete: records the history that it showed. */
  listed(list: CompleteList): Promise<void>;
}

const maxBatchCount = 500;

export function recordForeignOperations(
  ports: RecordForeignPorts,
  { cluster, fence }: FencedCluster,
): ForeignOperationsRecorder {
  const { foreignOperations, clock, vault, log } = ports;
  const returned = recordReturned(ports, { cluster, ...(fence !== undefined && { fence }) });
  const held = newestOperations(maxListedCount);
  const leftOut = leftOutSinceList();
  let hasLogged = false;

  const record = async (made: readonly ForeignOperation[], limit: number | undefined) => {
    const recorded = await foreignOperations.record(cluster.id, made, limit, fence);
    leftOut.add(recorded.leftOut);
    await pauseFor(recorded);
  };

  const logLeftOut = (observations: readonly Observation[]) => {
    if (hasLogged || observations.length === 0) return;
    hasLogged = true;
    const { namespace, name, spec } = observations[0] ?? {};
    log.warn(
      { clusterId: cluster.id, count: observations.length, namespace, name, type: spec?.type, engine: spec?.engine },
      'Operations that somebody else made are left out: their names, types or engines do not fit; this is logged once a watch',
    );
  };

  return {
    leftOut: leftOut.current,
    async seen(unmatched) {
      const stated = unmatched.filter(({ source }) => source !== undefined && source !== 'Posted');
      await returned.deleted(stated.filter(({ deleted }) => deleted));
      const others = stated.filter(({ deleted }) => !deleted);
      const observations = others.filter(isRepresentable);
      logLeftOut(others.filter((observation) => !isRepresentable(observation)));
      if (observations.length === 0) return;
      const now = await clock.now();
      const ids = observations.map(claimedId).filter((id) => id !== undefined);
      const own = await foreignOperations.own(
        cluster.id,
        ids,
        observations.map(({ name }) => name),
      );
      const { made: recorded, bad } = await inPaces(
        sifting(await returned.seen(observations, own), (observation) =>
          isOurs(observation, own) ? undefined : foreignOperation({ observation, cluster, own }, vault.newId, now),
        ),
      );
      await foreignOperations.putAside(
        cluster.id,
        bad.map(({ item: { namespace, name }, error }) => ({ item: `${namespace}/${name}`, error })),
      );
      const made = recorded.filter((each) => each !== undefined);
      held.add(made.filter(({ history }) => history));
      const current = made.filter(({ history }) => !history);
      if (current.length > 0) await record(current, undefined);
    },
    async listed(list) {
      await returned.listed(list);
      const history = held.take();
      for (let from = 0; from < history.length; from += maxBatchCount)
        await record(history.slice(from, from + maxBatchCount), maxListedCount);
      leftOut.listed();
    },
  };
}

/** Slows the watch down to the rate at which rows beyond a limit may be recorded. */
async function pauseFor({ beyondCount }: RecordedForeign): Promise<void> {
  if (beyondCount === 0) return;
  await new Promise((resolve) => setTimeout(resolve, pauseSeconds(beyondCount) * 1000));
}

/** What was left out holds until a list has left nothing out. */
export function leftOutSinceList() {
  let sum: LeftOut | undefined;
  let isSinceList = false;
  return {
    add(more: LeftOut | undefined) {
      if (more === undefined) return;
      sum = { ...more, count: more.count + (isSinceList ? (sum?.count ?? 0) : 0) };
      isSinceList = true;
    },
    listed() {
      if (!isSinceList) sum = undefined;
      isSinceList = false;
    },
    current: (): LeftOut | undefined => sum,
  };
}
