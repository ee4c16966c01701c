// The cluster's own clock, which can be moved ahead and which a fault may set wrong. Everything that the cluster writes
// down or compares with a time goes by it; how long a timer waits does not go by the fault.

import type { Faults } from './faults.ts';
import type { Timers } from './timers.ts';

export class Clock {
  readonly #faults: Faults;
  readonly #timers: Timers;
  constructor(faults: Faults, timers: Timers) {
    this.#faults = faults;
    this.#timers = timers;
  }
  /** Milliseconds since the epoch, as the cluster believes. */
  now(): number {
    return this.#timers.now() + 1000 * this.#faults.all('clockSkew').reduce((sum, { seconds }) => sum + seconds, 0);
  }
  /** RFC 3339, whole seconds, as Kubernetes writes times. */
  text(): string {
    return `${new Date(this.now()).toISOString().slice(0, 19)}Z`;
  }
}
