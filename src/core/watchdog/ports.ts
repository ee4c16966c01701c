/** What the watchdog looks for. */

/** What the watchdog looks for. */
import type { BrokenRow } from './rules/findings.ts';

export interface Invariants {
  /** The rows that break an invariant, of each kind the oldest. */
  broken(now: string): Promise<readonly BrokenRow[]>;
}
