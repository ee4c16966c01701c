/** One kind in one namespace, or in the whole cluster: what is listed and watched by itself, and whom it tells. */

import type { Clock, Log } from '../../core/kernel/ports.ts';
import type { ClusterClient } from '../http/client.ts';
import type { Timings } from '../timings.ts';
import type { Identified, Kind } from './resource.ts';
import type { WatchPart } from './watch-state.ts';

export interface WatchScope<Observed extends Identified> {
  readonly clusterId: string;
  readonly kind: Kind<Observed>;
  /** Absent: the whole cluster. */
  readonly namespace?: string | undefined;
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly log: Log;
}

export interface WatchReceivers<Observed> {
  readonly followed: Followed<Observed>;
  readonly part: WatchPart;
}
