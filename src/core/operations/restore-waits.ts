/** Tells of open Restores for which backups have waited too long (rules/restores/restore-wait.ts): each once, whichever replica looks. */
import type { Clock, Log } from '../kernel/ports.ts';
import type { RestoreWaits } from './ports.ts';
import { longWaitEvent } from './rules/restores/restore-wait.ts';

export interface RestoreWaitPorts {
  readonly restoreWaits: RestoreWaits;
  readonly clock: Clock;
  readonly log: Log;
}

const batchSize = 200;

/** Returns of how many Restores it has told. */
export async function tellRestoreWaits({ restoreWaits, clock, log }: RestoreWaitPorts): Promise<number> {
  const now = await clock.now();
  const count = await restoreWaits.tell(now, batchSize, (wait) => longWaitEvent(wait, now));
  if (count > 0) log.warn({ count }, 'backups wait too long for Restores');
  return count;
}
