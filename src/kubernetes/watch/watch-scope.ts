/**
 * One kind in one namespace or in the whole cluster, listed and watched by itself, and the receivers of what is seen.
 */

import type { Clock, Log } from '../../core/kernel/ports.ts';
import type { Followed } from '../../core/observation/ports.ts';
import type { ClusterClient } from '../http/client.ts';
import type { Timings } from '../timings.ts';
import type { FollowedKind, Identified } from './resource.ts';
import type { WatchPart } from './watch-state.ts';

export interface WatchScope<Observed extends Identified> {
  readonly clusterId: string;
  readonly kind: FollowedKind<Observed>;
  /** Absent: the whole cluster. */
  readonly namespace?: string | undefined;
  /** The cluster need not allow it, nor serve it: a refusal ends the watch. */
  readonly optional?: boolean;
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly log: Log;
}

export interface WatchReceivers<Observed> {
  readonly followed: Followed<Observed>;
  readonly part: WatchPart;
}
