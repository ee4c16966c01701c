/** A computation that may be long: it yields between pieces of work, and pace.ts lets others go first there. */
export type Paced<Result> = Generator<undefined, Result>;

/** The result of a paced computation, at one go. */
export function atOnce<Result>(work: Paced<Result>): Result {
  for (;;) {
    const piece = work.next();
    if (piece.done === true) return piece.value;
  }
}
