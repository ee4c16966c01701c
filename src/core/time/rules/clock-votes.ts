/** One look at the clocks: which of them agree with the database's, and which agree on another time. */

/** How far a clock is ahead of the database's, in milliseconds. */
export interface ClockReading {
  /** Names the clock for people. */
  readonly name: string;
  readonly aheadMs: number;
}

export interface ClockLook {
  /** When the database was asked, by this process' monotonic clock, in milliseconds. */
  readonly at: number;
  /** What the database's clock showed then. */
  readonly databaseMs: number;
  /** By how much that may be off: half of the time that the question took. */
  readonly uncertainMs: number;
  /** The other clocks: this process' own, those of other processes, of Redis and of the clusters. */
  readonly clocks: readonly ClockReading[];
}

export interface Votes {
  /** Names of the clocks that agree with the database's. */
  readonly forDatabase: readonly string[];
  /** Names of the largest group of clocks that agree on another time. */
  readonly against: readonly string[];
  /** How far that group is ahead of the database's clock. */
  readonly aheadMs: number;
}

/** Clocks that differ by no more agree: what they show came over networks, and some of them to the second. */
const agreeMs = 10_000;

export function votesOn({ uncertainMs }: Pick<ClockLook, 'uncertainMs'>, clocks: readonly ClockReading[]): Votes {
  const agrees = ({ aheadMs }: ClockReading) => Math.abs(aheadMs) <= agreeMs + uncertainMs;
  const others = clocks.filter((clock) => !agrees(clock)).toSorted((a, b) => a.aheadMs - b.aheadMs);
  const groups = others.map((first, index) =>
    others.slice(index).filter(({ aheadMs }) => aheadMs - first.aheadMs <= agreeMs),
  );
  const largest = groups.reduce((best, group) => (group.length > best.length ? group : best), [] as ClockReading[]);
  return {
    forDatabase: clocks.filter(agrees).map(({ name }) => name),
    against: largest.map(({ name }) => name),
    aheadMs: largest[Math.floor((largest.length - 1) / 2)]?.aheadMs ?? 0,
  };
}

/** Ticks come from processes whose clock is this close to the database's, as long as there is one. */
const tickingMs = 2_000;
const tickKeptMs = 6_000;

export interface LastTick {
  readonly atMs: number;
  readonly processId: string;
  /** How far the clock of that process was ahead of the database's. */
  readonly aheadMs: number;
}

/** Whether a process whose clock is `aheadMs` ahead leaves its ticks to the one that ticked last. */
export function leavesTicks(last: LastTick | undefined, own: Omit<LastTick, 'atMs'>, nowMs: number): boolean {
  if (last === undefined || last.processId === own.processId || Math.abs(own.aheadMs) <= tickingMs) return false;
  return Math.abs(last.aheadMs) <= tickingMs && Math.abs(nowMs - last.atMs) <= tickKeptMs;
}
