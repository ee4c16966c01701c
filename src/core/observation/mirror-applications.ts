/**
 * Mirrors the ApplicationInstances that the watch of a cluster sees, with their readiness and capabilities. A batch is
 * one transaction of a few statements, and writes only what changed. A list brings the mirror up to date by itself, so
 * the next list makes up for a batch that is lost on the way.
 *
 * An application that is not registered here can be adopted from the mirror. The mirror gives warnings and events, and
 * refuses nothing: the cluster decides.
 */

import { eventsOfApplication } from '../applications/rules/application-events.ts';
import { type Mirrored, markedGone, mirrored } from '../applications/rules/mirrored-application.ts';
import type { ObservedApplication } from '../applications/rules/observed-application.ts';
import type { Clock, Vault } from '../kernel/ports.ts';
import { sift } from '../kernel/rules/broken/bad-rows.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { ApplicationMirror, FencedCluster, Followed, KnownApplication, MirrorDecision } from './ports.ts';
import { leftOutSinceList } from './record-foreign-operations.ts';
import type { LeftOut } from './rules/foreign-caps.ts';

export interface MirrorPorts {
  readonly applicationMirror: ApplicationMirror;
  readonly clock: Clock;
  readonly vault: Vault;
}

export interface ApplicationsMirror extends Followed<ObservedApplication> {
  /** What was left out since the list before the last one began. */
  leftOut(): LeftOut | undefined;
}

const placeOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;

export function mirrorApplications(
  { applicationMirror, clock, vault }: MirrorPorts,
  { cluster, fence }: FencedCluster,
): ApplicationsMirror {
  const leftOut = leftOutSinceList();
  return {
    leftOut: leftOut.current,
    async seen(observations) {
      const now = await clock.now();
      const decide = (known: ReadonlyMap<string, KnownApplication>, organizationId: string): MirrorDecision => {
        const next = new Map<string, Mirrored>();
        const events: NewEvent[] = [];
        const given = observations.filter((observation) => known.has(placeOf(observation)));
        const { bad } = sift(given, (observation) => {
          const place = placeOf(observation);
          const before = next.get(place) ?? known.get(place)?.mirrored;
          const made = { id: vault.newId(), organizationId, clusterId: cluster.id };
          const after = mirrored(before, observation, made, now);
          if (after === undefined) return;
          const recorded = eventsOf(before, after, known.get(place), now);
          next.set(place, after);
          events.push(...recorded);
        });
        return {
          written: [...next.values()],
          events,
          bad: bad.map(({ item, error }) => ({ item: placeOf(item), error })),
        };
      };
      const written = await applicationMirror.write(cluster.id, { at: observations.filter(isText) }, decide, fence);
      leftOut.add(written.leftOut);
    },
    async listed(list) {
      const now = await clock.now();
      const decide = (known: ReadonlyMap<string, KnownApplication>): MirrorDecision => {
        const gone = [...known.values()].flatMap((each) => {
          const after = each.mirrored && markedGone(each.mirrored, now);
          return after === undefined ? [] : [{ after, events: eventsOf(each.mirrored, after, each, now) }];
        });
        return { written: gone.map(({ after }) => after), events: gone.flatMap(({ events }) => events), bad: [] };
      };
      await applicationMirror.write(cluster.id, { missingFrom: list }, decide, fence);
      leftOut.listed();
    },
  };
}

/** Whether PostgreSQL can store the names. An API server accepts no other names. */
function isText({ namespace, name }: ObservedApplication): boolean {
  return !`${namespace}${name}`.includes('\u0000') && `${namespace}${name}`.isWellFormed();
}

/** Only an application that is registered here has events. */
function eventsOf(
  before: Mirrored | undefined,
  after: Mirrored,
  known: KnownApplication | undefined,
  now: string,
): readonly NewEvent[] {
  const instance = known?.applicationInstanceId;
  return instance === undefined ? [] : eventsOfApplication(before, after, instance, now);
}
