/**
 * The steps of computations over slots, counted: a month or a stretch of a clock that is looked at is one. A computation
 * that needs more than its budget ends with an error, so that a defect here never holds up a process.
 */

let taken = 0;
let last = Number.POSITIVE_INFINITY;

/** One step of work. Throws beyond the budget. */
export function step(): void {
  taken += 1;
  if (taken > last) throw new RangeError('The computation of slots takes more steps than it may.');
}

/** Runs with a budget. Within another budget, the smaller rest of both counts. */
export function withinSteps<T>(budget: number, run: () => T): T {
  const outer = last;
  last = Math.min(outer, taken + budget);
  try {
    return run();
  } finally {
    last = outer;
  }
}

/** How many steps all computations have taken so far. */
export function stepsTaken(): number {
  return taken;
}
