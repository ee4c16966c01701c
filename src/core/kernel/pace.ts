/** Runs a long computation in paces, so that no request holds the event loop for longer than about one of them. */
import type { Paced } from './rules/paced.ts';

const paceMs = 10;

export async function inPaces<Result>(work: Paced<Result>): Promise<Result> {
  for (let began = performance.now(); ; ) {
    const piece = work.next();
    if (piece.done === true) return piece.value;
    if (performance.now() - began < paceMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  }
}
