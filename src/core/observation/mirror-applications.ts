/**
 * What others did in a cluster, as its watch sees it: applications are mirrored, and Operations that nobody here made are
 * recorded. Both are found out anew by every list, so whatever is lost on the way is taken in by the next one.
 *
 * Operations that had ended before a list told of them are held back until the list is complete: there may be tens of
 * thousands, and only the newest are recorded.
 */

import { eventsOfApplication } from '../applications/rules/application-events.ts';
import { type Mirrored, markedGone, mirrored } from '../applications/rules/mirrored-application.ts';
import type { ObservedApplication } from '../applications/rules/observed-application.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { Fence } from '../clusters/rules/fence.ts';
import type { Clock, Log, Vault } from '../kernel/ports.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { Observation } from '../operations/rules/observation.ts';
import type { ApplicationMirror, Followed, ForeignOperations, KnownApplication, MirrorFold } from './ports.ts';
import {
  claimedId,
  type ForeignOperation,
  foreignOperation,
  isOurs,
  isRepresentable,
  maxListedCount,
} from './rules/foreign-operation.ts';

export interface MirrorPorts {
  readonly applicationMirror: ApplicationMirror;
  readonly foreignOperations: ForeignOperations;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Log;
}

/** Where and under which lease it is written. */
export interface Mirroring {
  readonly cluster: Pick<Cluster, 'id' | 'organizationId' | 'createdAt'>;
  readonly fence?: Fence;
}

const placeOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;

/** The applications of a watch, into the mirror. */
export function mirrorApplications(ports: MirrorPorts, { cluster, fence }: Mirroring): Followed<ObservedApplication> {
  const { applicationMirror, clock, vault } = ports;
  return {
    async seen(observations) {
      const now = await clock.now();
      const fold: MirrorFold = (known, organizationId) => {
        const next = new Map<string, Mirrored>();
        const events: NewEvent[] = [];
        for (const observation of observations) {
          const place = placeOf(observation);
          const before = next.get(place) ?? known.get(place)?.mirrored;
          const made = { id: vault.newId(), organizationId, clusterId: cluster.id };
          const after = mirrored(before, observation, made, now);
          if (after === undefined) continue;
          next.set(place, after);
          events.push(...news(before, after, known.get(place), now));
        }
        return { written: [...next.values()], events };
      };
      await applicationMirror.write(cluster.id, { at: observations.filter(isText) }, fold, fence);
    },
    async listed(list) {
      const now = await clock.now();
      const fold: MirrorFold = (known) => {
        const gone = [...known.values()].flatMap((each) => {
          const after = each.mirrored && markedGone(each.mirrored, now);
          return after === undefined ? [] : [{ after, events: news(each.mirrored, after, each, now) }];
        });
        return { written: gone.map(({ after }) => after), events: gone.flatMap(({ events }) => events) };
      };
      await applicationMirror.write(cluster.id, { missingFrom: list }, fold, fence);
    },
  };
}

/** What a database takes as text; a resource that an API server accepted has no other name. */
function isText({ namespace, name }: ObservedApplication): boolean {
  return !`${namespace}${name}`.includes('\u0000') && `${namespace}${name}`.isWellFormed();
}

function news(
  before: Mirrored | undefined,
  after: Mirrored,
  known: KnownApplication | undefined,
  now: string,
): readonly NewEvent[] {
  const instance = known?.applicationInstanceId;
  return instance === undefined ? [] : eventsOfApplication(before, after, instance, now);
}

export interface OthersOperations {
  /** Records those among these observations, which are about no row that is known, that somebody else made. */
  seen(unmatched: readonly Observation[]): Promise<void>;
  /** A list is complete. */
  listed(): Promise<void>;
}

const maxBatchCount = 500;

/** The Operations of a watch that are about no row of ours, into the record. */
export function recordOthers(ports: MirrorPorts, { cluster, fence }: Mirroring): OthersOperations {
  const { foreignOperations, clock, vault, log } = ports;
  const held = holdNewest(maxListedCount);
  let toldOfLeftOut = false;

  const leftOut = (observations: readonly Observation[]) => {
    if (toldOfLeftOut || observations.length === 0) return;
    toldOfLeftOut = true;
    const { namespace, name, spec } = observations[0] ?? {};
    log.warn(
      { clusterId: cluster.id, count: observations.length, namespace, name, type: spec?.type, engine: spec?.engine },
      'Operations that somebody else made are left out: their names, types or engines do not fit; this is told once a watch',
    );
  };

  return {
    async seen(unmatched) {
      const others = unmatched.filter(({ deleted, source }) => !deleted && source !== undefined && source !== 'Posted');
      const observations = others.filter(isRepresentable);
      leftOut(others.filter((observation) => !isRepresentable(observation)));
      if (observations.length === 0) return;
      const now = await clock.now();
      const ids = observations.map(claimedId).filter((id) => id !== undefined);
      const own = await foreignOperations.own(
        cluster.id,
        ids,
        observations.map(({ name }) => name),
      );
      const made = observations
        .filter((observation) => !isOurs(observation, own))
        .map((observation) => foreignOperation({ observation, cluster, own }, vault.newId, now))
        .filter((each) => each !== undefined);
      held.add(made.filter(({ history }) => history));
      const current = made.filter(({ history }) => !history);
      if (current.length > 0) await foreignOperations.record(cluster.id, current, undefined, fence);
    },
    async listed() {
      const history = held.take();
      for (let from = 0; from < history.length; from += maxBatchCount)
        await foreignOperations.record(cluster.id, history.slice(from, from + maxBatchCount), maxListedCount, fence);
    },
  };
}

const maxHeldLength = 32 * 1024 * 1024;

/** Holds the newest so many, each once, and no more of them than memory has room for. */
function holdNewest(limit: number) {
  let held = new Map<string, { readonly made: ForeignOperation; readonly length: number }>();
  let length = 0;

  const trim = (count: number, maxLength: number) => {
    const newestFirst = [...held].toSorted(
      ([, a], [, b]) => Date.parse(b.made.operation.createdAt) - Date.parse(a.made.operation.createdAt),
    );
    held = new Map();
    length = 0;
    for (const [key, each] of newestFirst.slice(0, count)) {
      if (length + each.length > maxLength) break;
      held.set(key, each);
      length += each.length;
    }
  };

  return {
    add(operations: readonly ForeignOperation[]) {
      for (const made of operations) {
        const key = made.operation.uid ?? made.operation.id;
        const size = JSON.stringify(made).length;
        length += size - (held.get(key)?.length ?? 0);
        held.set(key, { made, length: size });
        if (held.size >= 2 * limit || length > maxHeldLength) trim(limit, maxHeldLength / 2);
      }
    },
    /** The newest first; nothing is held afterwards. */
    take(): readonly ForeignOperation[] {
      trim(limit, maxHeldLength);
      const taken = [...held.values()].map(({ made }) => made);
      held = new Map();
      length = 0;
      return taken;
    },
  };
}
