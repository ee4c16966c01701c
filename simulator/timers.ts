// All time in the simulator passes through here: timers that end together when the cluster closes, so that a test
// process can exit, and a clock that can be moved ahead, which runs what falls due on the way. Nothing runs while
// nothing happens.

import { setImmediate as turn } from 'node:timers/promises';

interface Pending {
  /** By the moved clock, milliseconds since the epoch. */
  readonly due: number;
  readonly step: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** While time is moved, requests and watches get a turn after so many steps. */
const STEPS_A_TURN = 20;

export class Timers {
  readonly #pending = new Set<Pending>();
  #aheadMs = 0;
  #closed = false;

  /** Milliseconds since the epoch: the machine's clock, and how far it was moved ahead. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Runs the step once after the delay; the answer cancels it. */
  after(milliseconds: number, step: () => void): () => void {
    if (this.#closed) return () => undefined;
    const pending: Pending = { due: this.now() + milliseconds, step, handle: undefined };
    this.#pending.add(pending);
    this.#arm(pending, milliseconds);
    return () => {
      this.#pending.delete(pending);
      clearTimeout(pending.handle);
    };
  }

  /** Moves the clock ahead. What falls due meanwhile runs in its order, each step at its own time. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.now() + milliseconds;
    for (let steps = 1; ; steps += 1) {
      const next = this.#earliest(target);
      if (next === undefined) break;
      this.#aheadMs += Math.max(0, next.due - this.now());
      this.#run(next);
      if (steps % STEPS_A_TURN === 0) await turn();
    }
    this.#aheadMs += Math.max(0, target - this.now());
    for (const pending of this.#pending) this.#arm(pending, pending.due - this.now());
    await turn();
  }

  get size(): number {
    return this.#pending.size;
  }

  close(): void {
    this.#closed = true;
    for (const { handle } of this.#pending) clearTimeout(handle);
    this.#pending.clear();
  }

  #arm(pending: Pending, milliseconds: number): void {
    clearTimeout(pending.handle);
    pending.handle = setTimeout(() => this.#run(pending), milliseconds);
  }

  #run(pending: Pending): void {
    clearTimeout(pending.handle);
    if (this.#pending.delete(pending)) pending.step();
  }

  #earliest(until: number): Pending | undefined {
    let found: Pending | undefined;
    for (const pending of this.#pending)
      if (pending.due <= until && (found === undefined || pending.due < found.due)) found = pending;
    return found;
  }
}
