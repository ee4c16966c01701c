/**
 * How many Operations of others are recorded of a cluster, and of all clusters of an organization, so that a cluster
 * that lists ever new ones does not fill the database. Beyond it are left out, in this order:
 *
 *   first    what had ended before a list showed it (it has a limit of its own: `maxListedCount`)
 *   then     Operations for applications that are not registered
 *   never    open Restores, which hold our backups back, and Operations for registered applications. They are recorded
 *            at most so many a second
 *
 * What is left out is seen again in the next list. The condition Watching and the watchdog tell of it.
 */

import { isTerminal } from '../../operations/rules/operation.ts';
import type { ForeignOperation } from './foreign-operation.ts';

export interface ForeignCaps {
  readonly cluster: number;
  readonly organization: number;
}

/** Why Operations were left out. */
export interface LeftOut {
  readonly of: 'cluster' | 'organization' | 'applications';
  readonly limit: number;
  readonly count: number;
}

/** How many applications of a cluster are mirrored, beside the registered ones. */
export const maxMirroredCount = 10_000;

/** What is recorded beyond a limit, because it must be, is recorded no faster. */
const beyondPerSecond = 20;
/** A batch that is beyond a limit holds its watch up for no longer. */
const maxPauseSeconds = 10;

/** How long the watch waits after a batch with so many beyond a limit. */
export function pauseSeconds(beyondCount: number): number {
  return Math.min(beyondCount / beyondPerSecond, maxPauseSeconds);
}

export interface CappedOperations {
  readonly taken: readonly ForeignOperation[];
  /** Of those taken, how many are beyond a limit. */
  readonly beyondCount: number;
  readonly leftOut: LeftOut | undefined;
}

/** `recorded` are the counts before. `isRegistered` says whether the Operation is for a registered application. */
export function capped(
  made: readonly ForeignOperation[],
  recorded: ForeignCaps,
  caps: ForeignCaps,
  isRegistered: (operation: ForeignOperation) => boolean,
): CappedOperations {
  const rooms = (['cluster', 'organization'] as const).map((of) => ({ of, room: caps[of] - recorded[of] }));
  const { of, room } = rooms.reduce((least, each) => (each.room < least.room ? each : least));
  if (made.length <= room) return { taken: made, beyondCount: 0, leftOut: undefined };
  const kept = made.filter((each) => isRegistered(each) || isOpenRestore(each));
  const others = made.filter((each) => !kept.includes(each));
  const taken = [...kept, ...newestFirst(others).slice(0, Math.max(0, room - kept.length))];
  const leftOutCount = made.length - taken.length;
  return {
    taken,
    beyondCount: Math.max(0, taken.length - Math.max(0, room)),
    leftOut: leftOutCount === 0 ? undefined : { of, limit: caps[of], count: leftOutCount },
  };
}

/** What parts of one batch have left out. */
export function togetherLeftOut(all: readonly (LeftOut | undefined)[]): LeftOut | undefined {
  return all.reduce(
    (sum, each) =>
      sum === undefined || each === undefined ? (sum ?? each) : { ...each, count: sum.count + each.count },
    undefined,
  );
}

/** For people, in the condition Watching. */
export function leftOutText({ of, limit, count }: LeftOut): string {
  if (of === 'applications')
    return `${count} applications are left out: of those that are not registered, the newest beyond ${limit} in a cluster are not listed.`;
  return `${count} Operations that others made are left out: ${limit} are recorded, which is the limit of ${of === 'cluster' ? 'a cluster' : 'an organization'}. Restores in flight and Operations for registered applications are still recorded.`;
}

function isOpenRestore({ operation: { type, phase } }: ForeignOperation): boolean {
  return type === 'Restore' && !isTerminal(phase);
}

function newestFirst(made: readonly ForeignOperation[]): readonly ForeignOperation[] {
  return made.toSorted((a, b) => Date.parse(b.operation.createdAt) - Date.parse(a.operation.createdAt));
}
