/** One kind in one namespace, or in the whole cluster: what is listed and watched by itself, and whom it tells. */

import type { Clock, Log } from '../../core/kernel/ports.ts';
import type { Connection } from '../http/client.ts';
import type { Timings } from '../timings.ts';
import type { Identified, Kind } from './resource.ts';
import type { Part } from './watch-state.ts';

export interface Scope<Observed extends Identified> {
  readonly clusterId: string;
  readonly kind: Kind<Observed>;
  /** Absent: the whole cluster. */
  readonly namespace?: string | undefined;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly log: Log;
}

export interface Told<Observed> {
  readonly followed: Followed<Observed>;
  readonly part: Part;
}
