/** The record, as far as it says what is to leave the clusters. */
import type { KnownOperation } from '../operations/rules/observed/observation.ts';
import type { TidyCandidate } from './rules/tidy.ts';

/** `tidyAt`: when it is looked at again. */
export interface TidyStep {
  readonly tidyAt: string;
  /** With the condition Tidied: its resource is owed a deletion. */
  readonly leaving?: KnownOperation | undefined;
}

export interface Tidying {
  /**
   * Locks Operations of this type that have ended and are due to be looked at, the longest due first, at most `limit`,
   * and writes what `decide` makes of them. Returns the steps. What cannot be read, decided or written is put aside.
   */
  look(
    type: 'Restore' | 'Backup',
    now: string,
    limit: number,
    decide: (candidate: TidyCandidate) => TidyStep,
  ): Promise<readonly TidyStep[]>;
  /** What is known of one Operation now; `undefined` when it is no candidate any more. */
  candidate(operationId: string): Promise<TidyCandidate | undefined>;
}
