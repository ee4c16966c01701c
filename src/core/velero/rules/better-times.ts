/**
 * When a copy began, ended and expires: Velero's word where it is known, because the copy is Velero's, and the operator
 * states other times when it looks again. Counts are Velero's alone: operators give none.
 */

import { hasEnded, type VeleroResource } from './velero-resource.ts';

export interface CopyTimes {
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly expiresAt?: string | undefined;
}

/** Each time that Velero states replaces the one that is known; an end only with the start that belongs to it. */
export function betterTimes<Times extends CopyTimes>(
  known: Times,
  word: Pick<VeleroResource, 'startedAt' | 'completedAt' | 'expiresAt'> | undefined,
): Times {
  if (word?.startedAt === undefined) return known;
  const { startedAt, completedAt, expiresAt } = word;
  return {
    ...known,
    startedAt,
    ...(completedAt !== undefined && completedAt >= startedAt && { finishedAt: completedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** Whether a word is about the Operation: it names its uid, or no uid at all. Names are unique in a cluster. */
export function isWordOf(
  operation: { readonly name: string; readonly uid?: string | undefined },
  word: Pick<VeleroResource, 'name' | 'operationUid'>,
): boolean {
  return (
    word.name === operation.name &&
    (word.operationUid === undefined || operation.uid === undefined || word.operationUid === operation.uid)
  );
}

/** What Velero counted, of what has ended. */
export function countsOf(word: VeleroResource | undefined) {
  if (word === undefined || !(word.copied || hasEnded(word))) return {};
  const { totalItems, itemsDone, warningCount, errorCount } = word;
  const itemCount = itemsDone ?? totalItems;
  return {
    ...(itemCount !== undefined && { itemCount }),
    ...(warningCount !== undefined && { warningCount }),
    ...(errorCount !== undefined && { errorCount }),
  };
}
