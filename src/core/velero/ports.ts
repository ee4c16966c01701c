/** The record of Velero's own word, and the watch that feeds it. */

import type { Fence } from '../clusters/rules/fence.ts';
import type { Bad } from '../kernel/rules/broken/bad-rows.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { KnownOperation } from '../operations/rules/observed/observation.ts';
import type { ToldOperation } from './rules/engine-end.ts';
import type { CopyOwner } from './rules/vanished.ts';
import type { VeleroCopy } from './rules/velero-copy.ts';
import type { VeleroState } from './rules/velero-known.ts';
import type { ObservedVelero, SeenWord, VeleroKind, VeleroResource } from './rules/velero-resource.ts';

/** The names of one kind; or those that were known when a list began and are not in it. */
export type VeleroPlaces =
  | { readonly at: readonly { readonly kind: VeleroKind; readonly name: string }[] }
  | { readonly kind: VeleroKind; readonly missingFrom: CompleteVeleroList };

/** All resources of a kind that existed when the list began, by `namespace/name`. */
export interface CompleteVeleroList {
  readonly present: ReadonlySet<string>;
  readonly beganAt: string;
}

/** What is recorded at a place, and the Operation that it belongs to. */
export interface KnownVelero {
  readonly resource?: VeleroResource | undefined;
  readonly owner?: CopyOwner | undefined;
}

export interface VeleroDecision {
  readonly written: readonly VeleroResource[];
  readonly events: readonly NewEvent[];
  /** The places (`kind/name`) that cannot be decided. */
  readonly bad: readonly Bad<string>[];
}

export interface VeleroRecord {
  /** Where Velero works in the cluster. */
  namespace(clusterId: string): Promise<string>;
  /**
   * Reads what is recorded at these places under lock and writes what `decide` returns, in one statement. What cannot be
   * written is put aside. New resources that belong to no Operation are left out beyond a limit; returns how many.
   */
  write(
    clusterId: string,
    places: VeleroPlaces,
    decide: (known: ReadonlyMap<string, KnownVelero>) => VeleroDecision,
    fence?: Fence,
  ): Promise<{ readonly leftOutCount: number }>;
  /** Records that the watch follows everything since `since`, or does not follow it. */
  followed(
    clusterId: string,
    followed: { readonly since?: string | undefined; readonly at: string },
    fence: Fence,
  ): Promise<void>;
  /**
   * Marks copies as gone that have been away for longer than `vanishedAfterSeconds` while the watch was well and their
   * storage location Available, with the events that `decide` returns. Returns how many.
   */
  confirmVanished(
    now: string,
    limit: number,
    decide: (copy: VeleroResource, owner: CopyOwner | undefined) => NewEvent | undefined,
  ): Promise<number>;
  /** Locks the Operations that Velero's ends are about, and records what `decide` makes of them. Returns how many changed. */
  tell(
    now: string,
    limit: number,
    decide: (operation: KnownOperation, word: VeleroResource) => ToldOperation,
  ): Promise<number>;
  /** Forgets what has been gone for longer than `days` and belongs to no Operation. Returns how many. */
  forgetGone(now: string, days: number): Promise<number>;
}

/** Velero's words about Operations, by the id of the Operation. */
export interface VeleroWords {
  of(operationIds: readonly string[]): Promise<ReadonlyMap<string, SeenWord>>;
}

export interface VeleroCopies {
  page(organizationId: string, clusterId: string, query: PageQuery): Promise<Page<VeleroCopy>>;
}

/** The part of a watcher that follows Velero, where rights allow. */
export interface VeleroWatcher {
  /** The one namespace that Velero works in. */
  namespace(): Promise<string>;
  seen(observations: readonly ObservedVelero[]): Promise<void>;
  listed(kind: VeleroKind, list: CompleteVeleroList): Promise<void>;
  state(state: VeleroState): Promise<void>;
}
