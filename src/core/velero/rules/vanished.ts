/**
 * When a copy is gone, and what is told of it. Its resource must have been away for five minutes, while the watch of the
 * cluster was well all the time and Velero could look into the storage location: so what only blinks is never told.
 * A copy that has expired is gone as it should be.
 */

import { clip } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { veleroEvent } from './reasons.ts';
import { type VeleroResource, wordsOf } from './velero-resource.ts';

export const vanishedAfterSeconds = 300;

/** Whose copy it was. */
export interface CopyOwner {
  readonly operationId?: string | undefined;
  readonly scheduleId?: string | undefined;
  readonly applicationInstanceId?: string | undefined;
  /** The Operation was cancelled: nobody expects a copy of it. */
  readonly cancelled: boolean;
}

/** One event for a copy that should still be there. Its owner is absent when nobody here made it. */
export function vanishedEvent(copy: VeleroResource, owner: CopyOwner | undefined, now: string): NewEvent | undefined {
  if (!copy.copied || owner === undefined || owner.cancelled) return undefined;
  if (copy.expiresAt !== undefined && Date.parse(copy.expiresAt) <= Date.parse(now)) return undefined;
  const { name, awayAt = now, storageLocation = 'default', expiresAt } = copy;
  const until = expiresAt === undefined ? '' : `, although it was to be kept until ${expiresAt}`;
  const asked = copy.deletingSince === undefined && copy.phase !== 'Deleting' ? '' : ' Velero was asked to delete it.';
  const message = `The copy ${name} is not in the storage location ${storageLocation} any more, since ${awayAt}${until}.${asked}`;
  return veleroEvent('CopyVanished', { ...about(copy, owner), message: clip(message), at: now });
}

/** One event for a copy that was told to be gone, and is there again. */
export function returnedEvent(copy: VeleroResource, owner: CopyOwner | undefined, now: string): NewEvent | undefined {
  if (!copy.copied || owner === undefined) return undefined;
  const message = clip(`The copy ${copy.name} is there again. ${wordsOf(copy)}`);
  return veleroEvent('CopyReturned', { ...about(copy, owner), message, at: now });
}

function about({ organizationId, clusterId }: VeleroResource, owner: CopyOwner) {
  const { operationId, scheduleId, applicationInstanceId } = owner;
  return {
    ...{ organizationId, clusterId },
    ...(operationId !== undefined && { operationId }),
    ...(scheduleId !== undefined && { scheduleId }),
    ...(applicationInstanceId !== undefined && { applicationInstanceId }),
  };
}
