/** What is kept of the clocks in the database, and the clocks that are asked beside the database's. */
import type { LastTick } from '../time/rules/clock-votes.ts';

/** How far a clock was ahead of the database's when a process read it. */
export interface SharedReading {
  /** `process`: the reading process' own. The others exist once: every process that can reads them. */
  readonly source: 'process' | 'redis' | 'clusters';
  readonly aheadMs: number;
}

/** The doubt of a process, for the watchdog of any. */
export interface SharedDoubt {
  readonly message: string;
  readonly secondsAgo: number;
}

export interface ClockRecord {
  /** The last tick of any process; `undefined` before the first. */
  lastTick(): Promise<LastTick | undefined>;
  ticked(tick: LastTick): Promise<void>;
  /**
   * Stores what this process reads, in the place of what it read before, with its doubt. Returns what other processes
   * have read within half a minute, by the database's clock.
   */
  exchange(
    processId: string,
    readings: readonly SharedReading[],
    doubt: SharedDoubt | undefined,
  ): Promise<readonly SharedReading[]>;
}

export interface PutOff {
  /** Makes due now what lies further ahead than the service puts anything off. Returns how many rows that were. */
  bringForward(now: string): Promise<number>;
}

export interface WitnessClock {
  readonly source: Exclude<SharedReading['source'], 'process'>;
  /** How far it is ahead of `performance.now()`, in milliseconds; `undefined` while nobody knows. */
  offsetMs(): Promise<number | undefined>;
}
