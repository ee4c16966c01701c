/**
 * Records what the watch of a cluster sees of Velero's resources. A list brings the record up to date by itself, so what
 * is lost on the way is made up for by the next one. Each write carries the epoch of its lease.
 */

import type { Fence } from '../clusters/rules/fence.ts';
import type { Clock, Vault } from '../kernel/ports.ts';
import { sift } from '../kernel/rules/broken/bad-rows.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { CompleteVeleroList, KnownVelero, VeleroDecision, VeleroRecord } from './ports.ts';
import { returnedEvent } from './rules/vanished.ts';
import {
  markedAway,
  type ObservedVelero,
  recorded,
  type VeleroKind,
  type VeleroResource,
} from './rules/velero-resource.ts';

export interface RecordVeleroPorts {
  readonly veleroRecord: VeleroRecord;
  readonly clock: Clock;
  readonly vault: Vault;
}

export interface VeleroRecorder {
  seen(observations: readonly ObservedVelero[]): Promise<void>;
  listed(kind: VeleroKind, list: CompleteVeleroList): Promise<void>;
  /** How many resources the last list, and what was seen since, left out. */
  leftOutCount(): number;
}

const placeOf = ({ kind, name }: { readonly kind: VeleroKind; readonly name: string }) => `${kind}/${name}`;

export function recordVelero(
  { veleroRecord, clock, vault }: RecordVeleroPorts,
  cluster: { readonly id: string; readonly organizationId: string },
  fence?: Fence,
): VeleroRecorder {
  let leftOut = 0;
  let sinceList = 0;
  return {
    leftOutCount: () => Math.max(leftOut, sinceList),
    async seen(observations) {
      const now = await clock.now();
      const decide = (known: ReadonlyMap<string, KnownVelero>): VeleroDecision => {
        const next = new Map<string, VeleroResource>();
        const events: NewEvent[] = [];
        const given = observations.filter((observation) => known.has(placeOf(observation)));
        const { bad } = sift(given, (observation) => {
          const place = placeOf(observation);
          const { resource, owner } = known.get(place) ?? {};
          const before = next.get(place) ?? resource;
          const made = {
            id: vault.newId(observation.createdAt),
            organizationId: cluster.organizationId,
            clusterId: cluster.id,
          };
          const after = recorded(before, observation, made, now);
          if (after === undefined) return;
          const returned =
            before?.goneAt !== undefined && after.goneAt === undefined ? returnedEvent(after, owner, now) : undefined;
          next.set(place, after);
          if (returned !== undefined) events.push(returned);
        });
        return {
          written: [...next.values()],
          events,
          bad: bad.map(({ item, error }) => ({ item: placeOf(item), error })),
        };
      };
      const at = observations.filter(isText).map(({ kind, name }) => ({ kind, name }));
      const written = await veleroRecord.write(cluster.id, { at }, decide, fence);
      sinceList += written.leftOutCount;
    },
    async listed(kind, list) {
      const now = await clock.now();
      const decide = (known: ReadonlyMap<string, KnownVelero>): VeleroDecision => ({
        written: [...known.values()].flatMap(({ resource }) => (resource && markedAway(resource, now)) ?? []),
        events: [],
        bad: [],
      });
      await veleroRecord.write(cluster.id, { kind, missingFrom: list }, decide, fence);
      if (kind !== 'Backup') return;
      leftOut = sinceList;
      sinceList = 0;
    },
  };
}

/** Whether PostgreSQL can store the name. An API server accepts no other. */
function isText({ name }: ObservedVelero): boolean {
  return !name.includes('\u0000') && name.isWellFormed();
}
