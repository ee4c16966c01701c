// The cluster's own clock, which a fault may set wrong. Everything that the cluster writes down or compares with a time
// goes by it; how long a timer waits does not.

import type { Faults } from './faults.ts';

export class Clock {
  readonly #faults: Faults;
  constructor(faults: Faults) {
    this.#faults = faults;
  }
  /** Milliseconds since the epoch, as the cluster believes. */
  now(): number {
    return Date.now() + 1000 * this.#faults.all('clockSkew').reduce((sum, { seconds }) => sum + seconds, 0);
  }
  /** RFC 3339, whole seconds, as Kubernetes writes times. */
  text(): string {
    return `${new Date(this.now()).toISOString().slice(0, 19)}Z`;
  }
}
