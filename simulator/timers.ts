// All time in the simulator passes through here: timers that end together when the cluster closes, so that a test
// process can exit. Nothing runs while nothing happens.

export class Timers {
  readonly #pending = new Set<NodeJS.Timeout>();
  #closed = false;

  /** Runs the step once after the delay; the answer cancels it. */
  after(milliseconds: number, step: () => void): () => void {
    if (this.#closed) return () => undefined;
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      step();
    }, milliseconds);
    this.#pending.add(timer);
    return () => {
      this.#pending.delete(timer);
      clearTimeout(timer);
    };
  }

  get size(): number {
    return this.#pending.size;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
