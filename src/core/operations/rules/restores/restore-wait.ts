/**
 * Backups that wait too long for an open Restore of their application. They go on waiting, because the cluster would
 * refuse them; so it is told, once a Restore, and stays a finding and a risk of the application's protection meanwhile.
 */
import { inWords } from '../../../kernel/rules/duration.ts';
import type { NewEvent } from '../../../kernel/rules/event.ts';
import type { Operation } from '../operation.ts';
import { operationEvent } from '../reasons.ts';

export interface RestoreWait
  extends Pick<Operation, 'id' | 'organizationId' | 'clusterId' | 'applicationInstanceId' | 'name'> {
  /** Backups on demand that are held, and schedules whose slot waits. */
  readonly waitingCount: number;
  /** Since when the first of them waits. */
  readonly since: string;
  /** Of the application class. */
  readonly limitSeconds: number;
}

export function longWaitEvent(restore: RestoreWait, now: string): NewEvent {
  const { name, waitingCount, since, limitSeconds } = restore;
  const message = `${waitingCount} backups of the application have waited for the Restore ${name} since ${since} or later, longer than ${inWords(limitSeconds)} (restoreWaitSeconds). They go on waiting: a slot until its startingDeadlineSeconds, and then it is skipped; a Backup on demand until its deliverBefore, and then it fails. Look at the Restore in the cluster. To let them go, cancel it (cancelOperation), or delete its resource there.`;
  return operationEvent(restore, 'BackupsWaitTooLong', message, now);
}
