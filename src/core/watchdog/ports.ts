/** The statement that finds broken invariants. */

import type { BrokenRow } from './rules/findings.ts';

export interface Invariants {
  /** The rows that break an invariant: the oldest of each kind. */
  broken(now: string): Promise<readonly BrokenRow[]>;
}
